import { seededRandom, VirtualClock } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import type { Hop } from './hop.ts';
import { Reconnects } from './reconnects.ts';
import { defaultLimits } from './transport-limits.ts';

const proxy: Hop = { transport: 'tcp', address: '192.0.2.1', port: 5060 };

function reconnects(seed = 1) {
  const clock = new VirtualClock();
  const limits = { ...defaultLimits, reconnectMs: 1000, reconnectMaxMs: 8000 };
  return { clock, peers: new Reconnects({ clock, random: seededRandom(seed), limits }) };
}

describe('a peer that took no connection', () => {
  it('is left alone twice as long each time, and never longer than it may be', () => {
    const { clock, peers } = reconnects();
    for (const usual of [1000, 2000, 4000, 8000, 8000]) {
      expect(peers.waitMs(proxy)).toBe(0);
      peers.failed(proxy);
      const waitMs = peers.waitMs(proxy);
      expect(waitMs).toBeGreaterThanOrEqual(0.75 * usual);
      expect(waitMs).toBeLessThan(1.25 * usual);
      clock.advance(waitMs);
    }
  });

  it('is tried at different times by those who lost it at the same time', () => {
    const waits = Array.from({ length: 100 }, (_, seed) => {
      const { peers } = reconnects(seed + 1);
      peers.failed(proxy);
      return Math.floor(peers.waitMs(proxy) / 50);
    });
    expect(new Set(waits).size).toBe(10);
  });

  it('is as good as new once it took one, or after a long time', () => {
    const { clock, peers } = reconnects();
    peers.failed(proxy);
    peers.failed(proxy);
    peers.reached({ ...proxy });
    expect(peers.waitMs(proxy)).toBe(0);
    peers.failed(proxy);
    clock.advance(20_000);
    peers.failed(proxy);
    expect(peers.waitMs(proxy)).toBeLessThan(1250);
  });

  it('says nothing of its other port, or of another transport', () => {
    const { peers } = reconnects();
    peers.failed(proxy);
    expect(peers.waitMs({ ...proxy, port: 5062 })).toBe(0);
    expect(peers.waitMs({ ...proxy, transport: 'tls' })).toBe(0);
  });
});
