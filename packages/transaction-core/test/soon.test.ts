import { VirtualClock } from '@strowger/runtime';
import { expect, it } from 'vitest';
import { Soon } from '../src/soon.ts';

it('calls back in order, once the call that asked for it is over', () => {
  const clock = new VirtualClock();
  const soon = new Soon(clock);
  const called: string[] = [];
  soon.call(() => {
    called.push('first');
    soon.call(() => called.push('third'));
  });
  soon.call(() => called.push('second'));
  expect(called).toEqual([]);
  clock.advance(0);
  expect(called).toEqual(['first', 'second', 'third']);
  expect(clock.armedTimers).toBe(0);
});

it('loses nothing to one that throws', () => {
  const clock = new VirtualClock();
  const soon = new Soon(clock);
  const called: string[] = [];
  soon.call(() => {
    throw new Error('a bug of the owner');
  });
  soon.call(() => called.push('second'));
  expect(() => clock.advance(0)).toThrow('a bug of the owner');
  clock.advance(0);
  expect(called).toEqual(['second']);
});

it('forgets what waits when it is closed, by one of them too', () => {
  const clock = new VirtualClock();
  const soon = new Soon(clock);
  const called: string[] = [];
  soon.call(() => soon.close());
  soon.call(() => called.push('second'));
  clock.advance(0);
  soon.call(() => called.push('third'));
  clock.advance(0);
  expect(called).toEqual([]);
  expect(clock.armedTimers).toBe(0);
});
