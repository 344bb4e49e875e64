import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerWheel } from './timer-wheel.ts';

describe('TimerWheel', () => {
  it('fires what is due, in the order of time and then of arming', () => {
    const wheel = new TimerWheel();
    const fired: string[] = [];
    wheel.arm(300, () => fired.push('300 first'));
    wheel.arm(5, () => fired.push('5'));
    wheel.arm(300, () => fired.push('300 second'));
    wheel.advanceTo(299);
    expect(fired).toEqual(['5']);
    wheel.advanceTo(290);
    wheel.arm(300, () => fired.push('300 third'));
    wheel.advanceTo(300);
    expect(fired).toEqual(['5', '300 first', '300 second', '300 third']);
    expect(wheel.size).toBe(0);
  });

  it('never fires a cancelled timer and counts it no longer', () => {
    const wheel = new TimerWheel();
    const timer = wheel.arm(10, () => expect.unreachable());
    expect(timer.armed).toBe(true);
    timer.cancel();
    timer.cancel();
    expect(timer.armed).toBe(false);
    expect(wheel.size).toBe(0);
    wheel.advanceTo(100);
  });

  it('fires within the same millisecond what a firing timer arms without delay', () => {
    const wheel = new TimerWheel();
    let inner = 0;
    wheel.arm(7, () => wheel.arm(7, () => inner++));
    wheel.advanceTo(7);
    expect(inner).toBe(1);
  });

  it('keeps its order after a listener threw', () => {
    const wheel = new TimerWheel();
    let later = 0;
    wheel.arm(1, () => {
      throw new Error('a bug');
    });
    wheel.arm(2, () => later++);
    expect(() => wheel.advanceTo(5)).toThrow('a bug');
    wheel.advanceTo(5);
    expect(later).toBe(1);
  });

  it('reaches beyond 2^32 milliseconds and over that boundary', () => {
    const month = 2 ** 32;
    const wheel = new TimerWheel(month - 10);
    const fired: number[] = [];
    for (const at of [month - 1, month, month + 5, 3 * month + 1]) {
      wheel.arm(at, () => fired.push(at));
    }
    wheel.advanceTo(month + 4);
    expect(fired).toEqual([month - 1, month]);
    wheel.advanceTo(4 * month);
    expect(fired).toEqual([month - 1, month, month + 5, 3 * month + 1]);
  });

  it('says where the next thing may happen, and nothing when nothing is armed', () => {
    const wheel = new TimerWheel();
    expect(wheel.nextAt()).toBeUndefined();
    wheel.arm(70_000, () => {});
    expect(wheel.nextAt()).toBeLessThanOrEqual(70_000);
    wheel.advanceTo(69_999);
    expect(wheel.nextAt()).toBe(70_000);
  });

  it('fires every timer at its own millisecond, whatever is armed and cancelled', () => {
    const action = fc.record({
      delay: fc.oneof(fc.nat(300), fc.nat(70_000), fc.nat(20_000_000)),
      cancel: fc.boolean(),
      step: fc.nat(400_000),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const wheel = new TimerWheel();
        const expected: number[] = [];
        const fired: number[] = [];
        let now = 0;
        for (const { delay, cancel, step } of actions) {
          const at = now + delay;
          const timer = wheel.arm(at, () => fired.push(at));
          if (cancel) timer.cancel();
          else expected.push(at);
          now += step;
          wheel.advanceTo(now);
          expect(fired.length).toBe(expected.filter((due) => due <= now).length);
        }
        wheel.advanceTo(now + 20_000_000);
        expect(fired.toSorted((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b));
        expect(wheel.size).toBe(0);
      }),
    );
  });

  it('arms a hundred thousand timers with a handful of looks per millisecond', () => {
    const wheel = new TimerWheel();
    let fired = 0;
    for (let index = 0; index < 100_000; index++) wheel.arm(index % 32_000, () => fired++);
    for (let at = 0; at < 32_000; at += 100) wheel.advanceTo(at);
    wheel.advanceTo(32_000);
    expect(fired).toBe(100_000);
  });

  it('arms and cancels among a hundred thousand timers as among none', () => {
    /** Best of some rounds, in milliseconds: what the machine does besides is no cost of ours. */
    const cost = (armed: number): number => {
      const wheel = new TimerWheel();
      for (let n = 0; n < armed; n++) wheel.arm(1000 + ((n * 7919) % 600_000), () => {});
      const rounds = Array.from({ length: 9 }, () => {
        const began = performance.now();
        for (let n = 0; n < 5000; n++) wheel.arm(500 + ((n * 131) % 60_000), () => {}).cancel();
        return performance.now() - began;
      });
      return Math.min(...rounds);
    };
    cost(0); // warm
    expect(cost(100_000)).toBeLessThan(20 * cost(0) + 5);
  });
});
