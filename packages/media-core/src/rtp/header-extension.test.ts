import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHeaderExtensions, writeHeaderExtensions } from './header-extension.ts';
import { emptyRtpHeader, readRtp } from './rtp.ts';
import { writeRtpPacket } from './rtp-packet.ts';

const head = { marker: false, payloadType: 0, sequence: 1, timestamp: 2, ssrc: 3 };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const withExtension = (...extension: number[]): Uint8Array =>
  bytes(0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, ...extension);
const plain = (packet: Uint8Array) =>
  readHeaderExtensions(packet).map(({ id, data }) => [id, ...data]);

describe('RTP header extensions', () => {
  it('reads the elements of one-byte headers, between padding (RFC 8285 §4.2)', () => {
    // the example of §4.2: one byte, two bytes, padding, four bytes
    const packet = withExtension(0xbe, 0xde, 0, 3, 0x10, 7, 0x21, 8, 9, 0, 0, 0x33, 1, 2, 3, 4);
    expect(plain(packet)).toEqual([
      [1, 7],
      [2, 8, 9],
      [3, 1, 2, 3, 4],
    ]);
  });

  it('reads those of two-byte headers, empty ones too (§4.3)', () => {
    const packet = withExtension(0x10, 0x05, 0, 3, 1, 0, 2, 1, 8, 0, 200, 4, 1, 2, 3, 4);
    expect(plain(packet)).toEqual([[1], [2, 8], [200, 1, 2, 3, 4]]);
  });

  it('stops at number 15, at what is cut off, and knows no other profile', () => {
    expect(plain(withExtension(0xbe, 0xde, 0, 1, 0x10, 7, 0xf0, 1))).toEqual([[1, 7]]);
    expect(plain(withExtension(0xbe, 0xde, 0, 1, 0x10, 7, 0x2f, 1))).toEqual([[1, 7]]);
    expect(plain(withExtension(0x10, 0x00, 0, 1, 5, 1, 7, 9))).toEqual([[5, 7]]);
    expect(plain(withExtension(0xbe, 0xde, 0, 1, 0x01, 7, 7, 0))).toEqual([]);
    expect(plain(withExtension(0xab, 0xcd, 0, 1, 0x10, 7, 0x20, 1))).toEqual([]);
    expect(plain(bytes(0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3))).toEqual([]);
  });

  it('are read as they were written, beside sources and payload', () => {
    const element = fc.record({
      id: fc.integer({ min: 1, max: 255 }),
      data: fc.uint8Array({ maxLength: 20 }),
    });
    const sources = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 15 });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 6 }), sources, (extensions, contributors) => {
        const payload = bytes(1, 2, 3);
        const packet = writeRtpPacket({ ...head, contributors, extensions, payload });
        const header = emptyRtpHeader();
        expect(readRtp(packet, header)).toBe(true);
        expect(packet.subarray(header.payloadStart, header.payloadEnd)).toEqual(payload);
        expect(plain(packet)).toEqual(extensions.map(({ id, data }) => [id, ...data]));
      }),
    );
  });

  it('take one-byte headers where they can', () => {
    const data = bytes(1);
    expect(writeHeaderExtensions([{ id: 14, data }])).toEqual(
      bytes(0xbe, 0xde, 0, 1, 0xe0, 1, 0, 0),
    );
    expect(writeHeaderExtensions([{ id: 15, data }])).toEqual(bytes(0x10, 0, 0, 1, 15, 1, 1, 0));
    expect(() => writeHeaderExtensions([{ id: 0, data }])).toThrow('No element 0');
  });

  it('take any bytes without an exception (M09)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (tail, short) => {
        const profile = short ? [0xbe, 0xde] : [0x10, 0];
        readHeaderExtensions(withExtension(...profile, 0, 4, ...tail));
      }),
      { numRuns: 3000 },
    );
  });
});
