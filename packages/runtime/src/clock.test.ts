import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.ts';
import { nodeRuntime } from './node-runtime.ts';

describe('VirtualClock', () => {
  it('shows each timer the time for which it was armed', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const again = (): void => {
      seen.push(clock.now());
      if (seen.length < 4) clock.arm(500, again);
    };
    clock.arm(500, again);
    clock.advance(10_000);
    expect(seen).toEqual([500, 1000, 1500, 2000]);
    expect(clock.now()).toBe(10_000);
    expect(clock.armedTimers).toBe(0);
  });

  it('moves wall time along with it', () => {
    const clock = new VirtualClock(1_000_000);
    clock.advance(250);
    expect(clock.wall()).toBe(1_000_250);
  });
});

describe('the system clock', () => {
  it('fires in order and not before its time', async () => {
    const { clock } = nodeRuntime();
    const began = clock.now();
    const order: number[] = [];
    await new Promise<void>((resolve) => {
      clock.arm(30, () => {
        order.push(30);
        resolve();
      });
      clock.arm(5, () => order.push(5));
      clock.arm(10, () => expect.unreachable()).cancel();
    });
    expect(order).toEqual([5, 30]);
    expect(clock.now() - began).toBeGreaterThanOrEqual(30);
    expect(clock.armedTimers).toBe(0);
  });

  it('lets a process end once the last timer is cancelled', async () => {
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const { clock } = nodeRuntime();
    const timers = [clock.arm(60_000, () => {}), clock.arm(30_000, () => {})];
    for (const timer of timers) timer.cancel();
    const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    expect(after).toBeLessThanOrEqual(before);
    await new Promise<void>((resolve) => clock.arm(2, resolve)); // and it still rings
  });

  it('arms anew from within a timer', async () => {
    const { clock } = nodeRuntime();
    await new Promise<void>((resolve) => clock.arm(1, () => clock.arm(0, resolve)));
    expect(clock.armedTimers).toBe(0);
  });
});
