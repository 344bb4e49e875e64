import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nodeRuntime } from './node-runtime.ts';

it('watches its addresses, and lets the process end meanwhile', () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const stop = nodeRuntime().network?.watch(() => {});
  expect(stop).toBeDefined();
  expect(timers()).toBe(before);
  stop?.();
});

describe('timers', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('that may be late fire together, never early, and others when they are due', () => {
    vi.useFakeTimers({ now: 0, toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    const { clock } = nodeRuntime();
    const fired: [what: string, at: number][] = [];
    const arm = (what: string, delayMs: number, slackMs?: number): unknown =>
      clock.arm(delayMs, () => fired.push([what, performance.now()]), slackMs);
    arm('first', 5, 20);
    arm('exact', 12);
    arm('second', 12, 20);
    arm('next', 21, 20);
    vi.advanceTimersByTime(100);
    expect(fired).toEqual([
      ['exact', 12],
      ['first', 20],
      ['second', 20],
      ['next', 40],
    ]);
  });
});

describe('datagrams', () => {
  it('hold no descriptor for a port that could not be bound', async () => {
    const { datagrams } = nodeRuntime();
    const first = await datagrams.open({ address: '127.0.0.1', port: 0, onPacket: () => {} });
    const again = { address: '127.0.0.1', port: first.local.port, onPacket: () => {} };
    const before = openDescriptors();
    for (let at = 0; at < 5; at++) await datagrams.open(again).catch(() => {});
    expect(openDescriptors()).toBe(before);
    await first.close();
  });
});

/** Where the system does not list them, none. */
function openDescriptors(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}
