import { type Clock, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { Ticker } from './ticker.ts';

function stream(clock: Clock, periodMs = 20) {
  const ticks: { at: number; skipped: number }[] = [];
  const tick = (skipped: number) => ticks.push({ at: clock.now(), skipped });
  return { periodMs, ticks, tick, failed: () => {} };
}

/** A clock whose timers fire late, as a busy thread's do. */
function lateClock(clock: VirtualClock, lateMs: (at: number) => number): Clock {
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    arm: (delay, fire) => clock.arm(delay + lateMs(clock.now() + delay), fire),
    get armedTimers() {
      return clock.armedTimers;
    },
  };
}

describe('the ticker', () => {
  it('serves every slot at its millisecond for ten minutes', () => {
    const clock = new VirtualClock();
    const ticker = new Ticker(clock);
    const one = stream(clock);
    ticker.add(one);
    clock.advance(600_000);
    expect(one.ticks).toHaveLength(30_000);
    expect(
      one.ticks.every(({ at, skipped }, index) => at === 1 + index * 20 && skipped === 0),
    ).toBe(true);
    expect(ticker.lateness.counts).toEqual([30_000, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('serves streams of several periods that began at several times', () => {
    const clock = new VirtualClock();
    const ticker = new Ticker(clock);
    const streams = Array.from({ length: 50 }, (_, at) => stream(clock, 10 * ((at % 6) + 1)));
    for (const one of streams) {
      ticker.add(one);
      clock.advance(1);
    }
    clock.advance(6000);
    for (const { ticks, periodMs } of streams) {
      const steps = ticks.slice(1).map(({ at }, index) => at - (ticks[index]?.at ?? 0));
      expect(new Set(steps)).toEqual(new Set([periodMs]));
    }
  });

  it('does not add up lateness', () => {
    const clock = new VirtualClock();
    const ticker = new Ticker(lateClock(clock, () => 7));
    const one = stream(clock);
    ticker.add(one);
    clock.advance(60_000);
    expect(one.ticks.every(({ at }, index) => at === 8 + index * 20)).toBe(true);
    expect(ticker.lateness.counts[4]).toBe(one.ticks.length);
  });

  it('skips the slots that a block has missed, and never bursts', () => {
    const clock = new VirtualClock();
    const blocked = (at: number): number => (at > 100 && at < 150 ? 1010 : 0);
    const ticker = new Ticker(lateClock(clock, blocked));
    const one = stream(clock);
    ticker.add(one);
    clock.advance(3000);
    const jump = one.ticks.findIndex(({ skipped }) => skipped > 0);
    expect(one.ticks[jump]).toEqual({ at: 1111, skipped: 50 });
    expect(one.ticks[jump + 1]).toEqual({ at: 1121, skipped: 0 });
    expect(ticker.lateness.skipped).toBe(50);
  });

  it('sleeps when nothing is left, and wakes for the next', () => {
    const clock = new VirtualClock();
    const ticker = new Ticker(clock);
    const one = stream(clock);
    ticker.add(one);
    clock.advance(100);
    ticker.remove(one);
    expect(clock.armedTimers).toBe(0);
    clock.advance(10_000);
    ticker.add(one);
    clock.advance(1);
    expect(one.ticks.at(-1)).toEqual({ at: 10_101, skipped: 0 });
    expect(one.ticks).toHaveLength(6);
  });

  it('goes on with the others where one throws, which is told', () => {
    const clock = new VirtualClock();
    const told: unknown[] = [];
    const heard: unknown[] = [];
    const ticker = new Ticker(clock, { onFailed: (error) => told.push(error) });
    const other = stream(clock);
    const broken = {
      periodMs: 20,
      tick: () => {
        throw new RangeError('no such frame');
      },
      failed: (error: unknown) => heard.push(error),
    };
    ticker.add(broken);
    ticker.add(other);
    clock.advance(100);
    expect(told).toEqual([new RangeError('no such frame')]);
    expect(heard).toEqual(told);
    expect(other.ticks).toHaveLength(5);
    expect(ticker.size).toBe(1);
  });

  it('spreads what begins in one millisecond over the next, once that is full', () => {
    const clock = new VirtualClock();
    const ticker = new Ticker(clock);
    const streams = Array.from({ length: 160 }, () => stream(clock));
    for (const one of streams) ticker.add(one);
    clock.advance(100);
    const starts = streams.map(({ ticks }) => ticks[0]?.at ?? 0);
    expect(starts.slice(0, 8)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(Math.max(...starts)).toBe(10);
    for (let ms = 1; ms <= 10; ms++) {
      expect(starts.filter((start) => start === ms)).toHaveLength(16);
    }
    for (const { ticks } of streams) {
      expect(ticks.every(({ at }, index) => at === (ticks[0]?.at ?? 0) + 20 * index)).toBe(true);
    }
  });

  it('waits for the rest of a millisecond where its thread may stop', async () => {
    const clock = new VirtualClock();
    const pauses: number[] = [];
    const pause = (ms: number): void => {
      pauses.push(ms);
      clock.advance(ms);
    };
    const ticker = new Ticker(clock, { pause });
    const one = stream(clock);
    clock.advance(0.25);
    ticker.add(one);
    await turn();
    expect(pauses).toEqual([0.75]);
    expect(one.ticks).toEqual([{ at: 1, skipped: 0 }]);
    expect(clock.armedTimers).toBe(1); // far off, it sleeps
    clock.advance(19.5);
    expect(one.ticks.at(-1)).toEqual({ at: 21, skipped: 0 });
    ticker.remove(one);
    await turn();
    expect(one.ticks).toHaveLength(2);
    expect(clock.armedTimers).toBe(0);
  });

  it('bears a stream that leaves in its own slot, or takes another along', () => {
    const clock = new VirtualClock();
    const ticker = new Ticker(clock);
    const other = stream(clock);
    const leaving = {
      periodMs: 20,
      tick: () => [leaving, other].forEach((one) => ticker.remove(one)),
      failed: () => {},
    };
    ticker.add(leaving);
    ticker.add(other);
    clock.advance(100);
    expect(other.ticks).toEqual([]);
    expect(clock.armedTimers).toBe(0);
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
