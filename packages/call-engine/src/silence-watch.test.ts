import type { MediaStats } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { SilenceWatch } from './silence-watch.ts';

describe('a relay', () => {
  const packets = { a: 10, b: 10 };
  const watch = new SilenceWatch(async (end) => {
    const nothing = { packetsSent: 0, bytesSent: 0, bytesReceived: 0, packetsLost: 0 };
    const stats: MediaStats = {
      ...nothing,
      direction: 'sendrecv',
      packetsReceived: packets[end],
      packetsDiscarded: 0,
      jitterMs: 0,
    };
    return stats;
  });

  it('lives while one side is heard', async () => {
    expect(await watch.isDead('a')).toBe(false);
    packets.a += 50; // it spoke again
    expect(await watch.isDead('b')).toBe(false);
  });

  it('is dead when both have been silent since they fell silent', async () => {
    expect(await watch.isDead('a')).toBe(true);
  });
});
