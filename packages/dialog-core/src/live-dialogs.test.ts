import { expect, it } from 'vitest';
import { LiveDialogs } from './live-dialogs.ts';

it('tells everybody who waits once the last one is gone', async () => {
  const dialogs = new LiveDialogs<number>();
  await dialogs.empty();
  dialogs.set('a', 1).set('b', 2);
  const told: string[] = [];
  const waiting = [dialogs.empty().then(() => told.push('one')), dialogs.empty()];
  dialogs.delete('a');
  await Promise.resolve();
  expect(told).toEqual([]);
  dialogs.delete('b');
  await Promise.all(waiting);
  expect(told).toEqual(['one']);
});
