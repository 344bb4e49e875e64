import { afterEach, describe, expect, it, vi } from 'vitest';
import { VirtualClock } from './clock.ts';
import { pageNetwork } from './page-network.ts';
import { webRuntime } from './web-runtime.ts';

const WIFI: { type?: string } = { type: 'wifi' };

afterEach(() => void vi.unstubAllGlobals());

/** Where this page hears what it is told. */
function stubPage(navigator: object): EventTarget {
  const page = new EventTarget();
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('navigator', navigator);
  return page;
}

function watched() {
  const clock = new VirtualClock();
  let told = 0;
  const stop = pageNetwork(clock).watch(() => void told++);
  return { clock, told: () => told, stop };
}

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
    const page = stubPage({});
    const { clock, told, stop } = watched();
    page.dispatchEvent(new Event('online'));
    page.dispatchEvent(new Event('online'));
    expect(told()).toBe(0);
    clock.advance(1000);
    expect(told()).toBe(1);
    page.dispatchEvent(new Event('online'));
    stop();
    page.dispatchEvent(new Event('online'));
    clock.advance(1000);
    expect([told(), clock.armedTimers]).toEqual([1, 0]);
  });

  it.each([
    ['is connected by something else', { type: 'cellular' }, 1],
    ['has another speed', { type: 'wifi' }, 0],
    ['does not say by what it is connected', { type: undefined }, 0],
    ['goes off line', { type: 'none', onLine: false }, 0],
  ])('of a page that %s', (_, after, changes) => {
    const navigator = { onLine: true, connection: Object.assign(new EventTarget(), WIFI) };
    const page = stubPage(navigator);
    const { clock, told, stop } = watched();
    const { type, onLine = true } = after as { type?: string; onLine?: boolean };
    Object.assign(navigator, { onLine });
    Object.assign(navigator.connection, { type });
    navigator.connection.dispatchEvent(new Event('change'));
    if (changes > 0) page.dispatchEvent(new Event('online')); // of the same switch
    clock.advance(1000);
    expect(told()).toBe(changes);
    stop();
  });

  it('has no datagrams, and says so', async () => {
    const opening = webRuntime().datagrams.open({ address: '', port: 0, onPacket: () => {} });
    await expect(opening).rejects.toMatchObject({ code: 'NO_DATAGRAMS' });
  });
});
