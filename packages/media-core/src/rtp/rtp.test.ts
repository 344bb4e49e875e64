import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyRtpHeader,
  isRtcp,
  readRtp,
  sequenceDistance,
  timestampDistance,
  writeRtpHeader,
} from './rtp.ts';

const packet = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const TAIL = [0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];

describe('the RTP header (RFC 3550 §5.1)', () => {
  it('reads what was written', () => {
    const fields = fc.record({
      marker: fc.boolean(),
      payloadType: fc.integer({ min: 0, max: 127 }),
      sequence: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
      ssrc: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    fc.assert(
      fc.property(fields, fc.uint8Array({ maxLength: 40 }), (written, payload) => {
        const bytes = new Uint8Array(12 + payload.length);
        bytes.set(payload, 12);
        writeRtpHeader(bytes, written);
        const header = emptyRtpHeader();
        expect(readRtp(bytes, header)).toBe(true);
        expect(header).toEqual({ ...written, payloadStart: 12, payloadEnd: bytes.length });
      }),
    );
  });

  it('skips contributing sources, a header extension and padding', () => {
    const sources = [1, 2, 3, 4, 5, 6, 7, 8];
    const extension = [0xbe, 0xde, 0, 1, 9, 9, 9, 9];
    const header = emptyRtpHeader();
    const bytes = packet(0xb2, ...TAIL.slice(0, 11), ...sources, ...extension, 42, 43, 0, 0, 3);
    expect(readRtp(bytes, header)).toBe(true);
    expect([...bytes.subarray(header.payloadStart, header.payloadEnd)]).toEqual([42, 43]);
  });

  it.each([
    ['nothing', []],
    ['too little', [0x80, ...TAIL.slice(0, 10)]],
    ['version 1', [0x40, ...TAIL]],
    ['sources beyond the end', [0x81, ...TAIL]],
    ['an extension cut off', [0x90, ...TAIL, 0, 0]],
    ['an extension longer than the packet', [0x90, ...TAIL, 0, 0, 0, 9]],
    ['padding of nothing', [0xa0, ...TAIL, 0]],
    ['padding longer than the payload', [0xa0, ...TAIL, 1, 3]],
  ])('refuses %s', (_, bytes) => {
    expect(readRtp(packet(...bytes), emptyRtpHeader())).toBe(false);
  });

  it('takes any bytes without an exception, and no payload outside of them (M09)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const header = emptyRtpHeader();
        if (!readRtp(bytes, header)) return;
        expect(header.payloadStart).toBeLessThanOrEqual(header.payloadEnd);
        expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 5000 },
    );
  });

  it('tells RTCP from RTP on a shared port (RFC 5761 §4)', () => {
    expect(isRtcp(packet(0x80, 200))).toBe(true);
    expect(isRtcp(packet(0x80, 0x80 | 0))).toBe(false);
    expect(isRtcp(packet(0x80, 0x80 | 101))).toBe(false);
  });

  it('counts across the wrap', () => {
    expect(sequenceDistance(2, 65_534)).toBe(4);
    expect(sequenceDistance(65_534, 2)).toBe(-4);
    expect(timestampDistance(160, 0xffff_ff60)).toBe(320);
    expect(timestampDistance(0xffff_ff60, 160)).toBe(-320);
  });
});
