import { VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { Upkeeps } from './upkeeps.ts';

it('takes nothing more once its client closes, and waits for its servers for a while', async () => {
  const clock = new VirtualClock();
  const upkeeps = new Upkeeps();
  const heard: string[] = [];
  upkeeps.add({
    ended: new Promise(() => {}), // a server that never answers
    moved: () => heard.push('moved'),
    connectionLost: () => heard.push('connectionLost'),
    stop: () => heard.push('stop'),
    close: () => heard.push('close'),
  });
  upkeeps.checkRoom();
  const closing = upkeeps.close(2000, clock);
  expect(() => upkeeps.checkRoom()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  expect(heard).toEqual(['stop']);
  clock.advance(2000);
  await closing;
  expect(heard).toEqual(['stop', 'close']);
  expect(clock.armedTimers).toBe(0);
});
