import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.ts';
import { within } from './within.ts';

describe('a promise with a deadline', () => {
  it('gives what it gives in time, and leaves no timer', async () => {
    const clock = new VirtualClock();
    expect(await within(Promise.resolve(7), 1000, clock)).toBe(7);
    await expect(within(Promise.reject(new Error('no')), 1000, clock)).rejects.toThrow('no');
    expect(clock.armedTimers).toBe(0);
  });

  it('gives nothing when it is late, and is heard of no more', async () => {
    const clock = new VirtualClock();
    let fail: (error: Error) => void = () => {};
    const slow = new Promise<number>((_, reject) => (fail = reject));
    const told = within(slow, 1000, clock);
    clock.advance(999);
    expect(clock.armedTimers).toBe(1);
    clock.advance(1);
    expect(await told).toBe(undefined);
    fail(new Error('too late to matter'));
    expect(clock.armedTimers).toBe(0);
  });
});
