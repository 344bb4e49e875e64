import { describe, expect, it } from 'vitest';
import { webRuntime } from './web-runtime.ts';

describe('the runtime of a web page', () => {
  it('tells time and wakes up', async () => {
    const { clock } = webRuntime();
    const before = clock.now();
    await new Promise<void>((resolve) => clock.arm(5, resolve));
    expect(clock.now() - before).toBeGreaterThanOrEqual(5);
    expect(clock.armedTimers).toBe(0);
  });

  it('draws as many random bytes as are asked for, and never the same', () => {
    const { random } = webRuntime();
    const bytes = random.bytes(200_000);
    expect(bytes).toHaveLength(200_000);
    const tail = bytes.subarray(199_000);
    expect(tail.every((byte) => byte === 0)).toBe(false);
    expect(random.token(128)).not.toBe(random.token(128));
    expect(random.token(128)).toMatch(/^[a-z0-5]{26}$/);
  });

  it('tells when the page is on line again, until nobody wants to know', () => {
    const listeners = new Map<string, Set<() => void>>();
    const page = globalThis as unknown as Record<string, unknown>;
    const before = [page['addEventListener'], page['removeEventListener']];
    page['addEventListener'] = (type: string, listener: () => void) =>
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    page['removeEventListener'] = (type: string, listener: () => void) =>
      listeners.get(type)?.delete(listener);
    let told = 0;
    const stop = webRuntime().network?.watch(() => told++);
    for (const listener of listeners.get('online') ?? []) listener();
    stop?.();
    for (const listener of listeners.get('online') ?? []) listener();
    [page['addEventListener'], page['removeEventListener']] = before;
    expect(told).toBe(1);
  });

  it('has no datagrams, and says so', async () => {
    const opening = webRuntime().datagrams.open({ address: '', port: 0, onPacket: () => {} });
    await expect(opening).rejects.toMatchObject({ code: 'NO_DATAGRAMS' });
  });
});
