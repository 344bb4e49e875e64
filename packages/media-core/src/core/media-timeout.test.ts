import { VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { MediaTimeout } from './media-timeout.ts';

function watch() {
  const clock = new VirtualClock();
  const told: { at: number; silentMs: number; initial: boolean }[] = [];
  const timeout = new MediaTimeout({
    clock,
    initialTimeoutMs: 5000,
    timeoutMs: 2000,
    catchUp() {},
    tell: (silence) => told.push({ at: clock.now(), ...silence }),
  });
  return { clock, told, timeout };
}

describe('the watch over a silent side', () => {
  it('waits longer for the first packet than for the next', () => {
    const { clock, told, timeout } = watch();
    timeout.configure(true);
    clock.advance(4999);
    expect(told).toEqual([]);
    clock.advance(5000);
    expect(told).toEqual([{ at: 5000, silentMs: 5000, initial: true }]);
    timeout.heard(clock.now());
    clock.advance(1500);
    timeout.heard(clock.now());
    clock.advance(10_000);
    expect(told.at(-1)).toEqual({ at: 13_499, silentMs: 2000, initial: false });
    expect(told).toHaveLength(2);
  });

  it('does not wait for a side that is on hold, and anew after it', () => {
    const { clock, told, timeout } = watch();
    timeout.configure(true);
    timeout.heard(0);
    clock.advance(1900);
    timeout.configure(false);
    clock.advance(60_000);
    expect([told.length, clock.armedTimers]).toEqual([0, 0]);
    timeout.configure(true);
    clock.advance(1900);
    expect(told).toEqual([]);
    clock.advance(200);
    expect(told).toEqual([{ at: 63_900, silentMs: 2000, initial: false }]);
  });

  it('leaves no timer behind', () => {
    const { clock, told, timeout } = watch();
    timeout.configure(true);
    timeout.stop();
    timeout.heard(0);
    clock.advance(60_000);
    expect([told.length, clock.armedTimers]).toEqual([0, 0]);
  });
});
