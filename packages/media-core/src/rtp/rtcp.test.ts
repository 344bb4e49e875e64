import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRtcp, type ReportBlock, writeRtcp } from './rtcp.ts';

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

describe('RTCP', () => {
  it('writes a sender report, a description and a BYE that it can read', () => {
    const report = { ssrc: 7, cname: 'someone', sender: SENDER, reports: [BLOCK], bye: true };
    expect(readRtcp(writeRtcp(report))).toEqual([
      { type: 'sender', ssrc: 7, info: SENDER, reports: [BLOCK] },
      { type: 'cname', ssrc: 7, cname: 'someone' },
      { type: 'bye', ssrcs: [7] },
    ]);
  });

  it('writes a receiver report where nothing was sent', () => {
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
