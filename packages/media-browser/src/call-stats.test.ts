import { describe, expect, it } from 'vitest';
import { qualityBetween, readReport, statsOf } from './call-stats.ts';

/** As Chromium 14x tells of a call, shortened; `over` is laid over what was received. */
function report(over: Record<string, unknown> = {}): [string, Record<string, unknown>][] {
  const entries: Record<string, unknown>[] = [
    { id: 'C0', type: 'codec', mimeType: 'audio/PCMU', clockRate: 8000, payloadType: 0 },
    {
      id: 'I0',
      type: 'inbound-rtp',
      kind: 'audio',
      codecId: 'C0',
      packetsReceived: 500,
      bytesReceived: 80_000,
      packetsLost: 5,
      packetsDiscarded: 2,
      jitter: 0.004,
      jitterBufferDelay: 24_000,
      jitterBufferEmittedCount: 400_000,
      ...over,
    },
    { id: 'V0', type: 'inbound-rtp', kind: 'video', packetsReceived: 9999 },
    { id: 'O0', type: 'outbound-rtp', kind: 'audio', packetsSent: 510, bytesSent: 81_600 },
    { id: 'R0', type: 'remote-inbound-rtp', kind: 'audio', roundTripTime: 0.05 },
    { id: 'P0', type: 'candidate-pair', nominated: true, localCandidateId: 'x' },
    { id: 'P1', type: 'candidate-pair', localCandidateId: 'L1', remoteCandidateId: 'M1' },
    { id: 'L1', type: 'local-candidate', address: '192.0.2.1', port: 4000 },
    { id: 'M1', type: 'remote-candidate', address: '192.0.2.9', port: 5000 },
    {
      id: 'T0',
      type: 'transport',
      selectedCandidatePairId: 'P1',
      srtpCipher: 'AEAD_AES_128_GCM',
      dtlsState: 'connected',
    },
  ];
  return entries.map((one) => [String(one['id']), one]);
}

describe('what a browser counts', () => {
  it('is read in our units, of the pair that is in use', () => {
    expect(readReport(report())).toEqual({
      codec: { name: 'pcmu', clockRate: 8000 },
      local: { address: '192.0.2.1', port: 4000 },
      remote: { address: '192.0.2.9', port: 5000 },
      packetsSent: 510,
      bytesSent: 81_600,
      packetsReceived: 500,
      bytesReceived: 80_000,
      packetsLost: 5,
      packetsDiscarded: 2,
      jitterMs: 4,
      roundTripMs: 50,
      bufferMs: 60,
      suite: 'AEAD_AES_128_GCM',
      isVerified: true,
    });
    const agreed = { direction: 'sendrecv', quality: undefined, isAgreed: true } as const;
    expect(statsOf(readReport(report()), agreed).security).toEqual({
      kind: 'dtls-srtp',
      suite: 'AEAD_AES_128_GCM',
      isVerified: true,
    });
  });

  it('is nothing, and no nonsense, before there is a call', () => {
    const counters = readReport([]);
    expect(
      statsOf(counters, { direction: 'inactive', quality: undefined, isAgreed: false }),
    ).toEqual({
      direction: 'inactive',
      packetsSent: 0,
      bytesSent: 0,
      packetsReceived: 0,
      bytesReceived: 0,
      packetsLost: 0,
      packetsDiscarded: 0,
      jitterMs: 0,
    });
    expect(qualityBetween(undefined, counters, 1000, 0)).toBe(undefined);
  });

  it('counts no packet as lost that came twice', () => {
    expect(readReport(report({ packetsLost: -3 })).packetsLost).toBe(0);
  });

  it('is rated between two counts', () => {
    const before = readReport(report());
    const now = readReport(report({ packetsReceived: 540, packetsLost: 15 }));
    const metrics = qualityBetween(before, now, 1000, 4);
    expect(metrics).toMatchObject({ packetsExpected: 50, packetsLost: 10, lossRate: 0.2 });
    const good = readReport(report({ packetsReceived: 550 }));
    expect(qualityBetween(before, good, 1000, 4)?.mos).toBeGreaterThan(4.2);
    expect(metrics?.mos).toBeLessThan(2.5);
    expect(qualityBetween(now, now, 1000, 4), 'nothing was due').toBe(undefined);
  });
});
