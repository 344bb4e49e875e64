import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRtcp, type ReportBlock, writeRtcp } from './rtcp.ts';
import type { VoipMetrics } from './voip-metrics.ts';

const BLOCK: ReportBlock = {
  ssrc: 0xfeed_beef,
  fractionLost: 12,
  cumulativeLost: -3,
  highestSequence: 0x0002_fffe,
  jitter: 77,
  lastSenderReport: 0x8000_0001,
  delaySinceLast: 65_536,
};
const SENDER = {
  ntpSeconds: 0xe000_0000,
  ntpFraction: 0x8000_0000,
  rtpTimestamp: 0xffff_fff0,
  packets: 1000,
  octets: 160_000,
};

const METRICS: VoipMetrics = {
  ssrc: 0xfeed_beef,
  lossRate: 12 / 256,
  discardRate: 3 / 256,
  burstDensity: 0.5,
  gapDensity: 1 / 256,
  burstDurationMs: 120,
  gapDurationMs: 4000,
  roundTripMs: 80,
  endSystemDelayMs: 60,
  signalLevelDbm: -20,
  noiseLevelDbm: -70,
  gapThreshold: 16,
  rFactor: 82,
  listeningMos: 4.1,
  conversationalMos: 4,
  concealment: 'enhanced',
  jitterBuffer: 'adaptive',
  jitterBufferNominalMs: 40,
  jitterBufferMaximumMs: 200,
  jitterBufferAbsoluteMaximumMs: 200,
};

function omit<K extends keyof VoipMetrics>(metrics: VoipMetrics, ...names: K[]) {
  const left: Partial<VoipMetrics> = { ...metrics };
  for (const name of names) delete left[name];
  return left as Omit<VoipMetrics, K>; // what is left has all the others
}

describe('RTCP', () => {
  it('writes a sender report, a description and a BYE that it can read (RFC 3550 §6.4.1, §6.5, §6.6)', () => {
    const report = { ssrc: 7, cname: 'someone', sender: SENDER, reports: [BLOCK], bye: true };
    expect(readRtcp(writeRtcp(report))).toEqual([
      { type: 'sender', ssrc: 7, info: SENDER, reports: [BLOCK] },
      { type: 'cname', ssrc: 7, cname: 'someone' },
      { type: 'bye', ssrcs: [7] },
    ]);
  });

  it('writes a receiver report where nothing was sent (RFC 3550 §6.4.2)', () => {
    expect(readRtcp(writeRtcp({ ssrc: 7, cname: '', reports: [] }))).toEqual([
      { type: 'receiver', ssrc: 7, reports: [] },
      { type: 'cname', ssrc: 7, cname: '' },
    ]);
  });

  it('pads descriptions of any length to whole words', () => {
    for (let length = 0; length < 9; length++) {
      const bytes = writeRtcp({ ssrc: 1, cname: 'x'.repeat(length), reports: [] });
      expect(bytes.length % 4).toBe(0);
      expect(readRtcp(bytes)?.[1]).toMatchObject({ cname: 'x'.repeat(length) });
    }
  });

  it('carries VoIP metrics between description and BYE (RFC 3611 §4.7)', () => {
    const voipMetrics = [METRICS, { ...METRICS, ssrc: 5 }];
    const bytes = writeRtcp({ ssrc: 7, cname: 'a', reports: [BLOCK], voipMetrics, bye: true });
    expect(readRtcp(bytes)?.map(({ type }) => type)).toEqual([
      'receiver',
      'cname',
      'voipMetrics',
      'voipMetrics',
      'bye',
    ]);
    expect(readRtcp(bytes)?.[2]).toEqual({ type: 'voipMetrics', ssrc: 7, metrics: METRICS });
  });

  it('says what it does not know as RFC 3611 wants it, and keeps values within their fields', () => {
    const rest = omit(METRICS, 'signalLevelDbm', 'noiseLevelDbm', 'rFactor');
    const metrics = { ...rest, lossRate: 1, roundTripMs: 1e9, listeningMos: 0.2 };
    const bytes = writeRtcp({ ssrc: 7, cname: 'abc', reports: [], voipMetrics: [metrics] });
    const block = bytes.subarray(8 + 16 + 8);
    expect([block[20], block[21], block[24]]).toEqual([127, 127, 127]);
    expect(readRtcp(bytes)?.at(-1)).toEqual({
      type: 'voipMetrics',
      ssrc: 7,
      metrics: { ...rest, lossRate: 255 / 256, roundTripMs: 65_535, listeningMos: 1 },
    });
  });

  it('takes packets of reduced size where they were agreed (RFC 5506)', () => {
    const bye = writeRtcp({ ssrc: 7, cname: '', reports: [], bye: true }).slice(-8);
    expect(readRtcp(bye)).toBe(undefined);
    expect(readRtcp(bye, { reducedSize: true })).toEqual([{ type: 'bye', ssrcs: [7] }]);
    expect(readRtcp(Uint8Array.of(0x80, 96, 0, 0), { reducedSize: true })).toBe(undefined);
  });

  it('refuses an extended report whose blocks exceed it', () => {
    const bytes = writeRtcp({ ssrc: 7, cname: 'a', reports: [], voipMetrics: [METRICS] });
    bytes[bytes.length - 33] = 9;
    expect(readRtcp(bytes)).toBe(undefined);
  });

  const good = (): Uint8Array => writeRtcp({ ssrc: 7, cname: 'a', reports: [BLOCK], bye: true });
  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['four bytes', (bytes) => bytes.subarray(0, 4)],
    ['a length that lies', (bytes) => bytes.fill(0xff, 2, 4)],
    ['more reports than there is room', (bytes) => bytes.fill(0x9f, 0, 1)],
    ['a compound that does not begin with a report', (bytes) => bytes.fill(203, 1, 2)],
    ['another version', (bytes) => bytes.fill(0x41, 0, 1)],
    ['a BYE that names more than it has', (bytes) => bytes.fill(0x9f, bytes.length - 8, -7)],
  ])('refuses %s (M05)', (_, spoil) => {
    expect(readRtcp(spoil(good()))).toBe(undefined);
  });

  it('takes any bytes without an exception', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.integer({ min: 200, max: 207 }),
        (b, type) => {
          if (b.length > 1) b.set([0x80 | ((b[0] ?? 0) & 0x1f), type]);
          readRtcp(b);
        },
      ),
      { numRuns: 5000 },
    );
  });
});
