import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  ATTRIBUTES,
  isSignedWith,
  isStun,
  METHODS,
  readErrorCode,
  readStun,
  readUtf8,
  readXorAddress,
  errorCode,
  utf8,
  writeStun,
  xorAddress,
} from './index.ts';

const bytes = (hex: string): Uint8Array =>
  new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

/** RFC 5769 §2.1 to §2.3; the password is the same. */
const REQUEST = bytes(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014
  9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`);
const RESPONSE_4 = bytes(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008
  0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96`);
const RESPONSE_6 = bytes(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014
  0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275
  bfe3ed41 80280004 c8fb0b4c`);
const PASSWORD = utf8('VOkJxbRl1RmTxUk/WvJxBt');

describe('STUN', () => {
  it('reads the request of RFC 5769 §2.1', () => {
    expect(isStun(REQUEST)).toBe(true);
    const message = readStun(REQUEST);
    expect(message).toMatchObject({ kind: 'request', method: METHODS.binding });
    expect(readUtf8(message?.attributes.get(ATTRIBUTES.username))).toBe('evtj:h6vY');
    expect(message && isSignedWith(message, PASSWORD)).toBe(true);
    expect(message && isSignedWith(message, utf8('another'))).toBe(false);
  });

  it.each([
    ['§2.2', RESPONSE_4, '192.0.2.1'],
    ['§2.3', RESPONSE_6, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('reads the response of RFC 5769 %s, and writes the same address', (_, response, address) => {
    const message = readStun(response);
    if (message === undefined) throw new Error('unread');
    const { transaction, attributes } = message;
    const value = attributes.get(ATTRIBUTES.xorMappedAddress);
    expect(readXorAddress(value, transaction)).toEqual({ address, port: 32_853 });
    expect([...xorAddress({ address, port: 32_853 }, transaction)]).toEqual([...(value ?? [])]);
    expect(isSignedWith(message, PASSWORD)).toBe(true);
  });

  it('writes the request of RFC 5769 §2.1, but for its padding', () => {
    const read = readStun(REQUEST);
    const known = [...(read?.attributes ?? [])].filter(
      ([type]) => type !== ATTRIBUTES.integrity && type !== ATTRIBUTES.fingerprint,
    );
    const written = writeStun({
      kind: 'request',
      method: METHODS.binding,
      transaction: read?.transaction ?? new Uint8Array(12),
      attributes: known,
      key: PASSWORD,
      hasFingerprint: true,
    });
    // the RFC pads with blanks, which both sums cover
    expect([...written.subarray(0, 69)]).toEqual([...REQUEST.subarray(0, 69)]);
    const again = readStun(written);
    expect(again && isSignedWith(again, PASSWORD)).toBe(true);
  });

  it('passes over what is broken', () => {
    for (let at = 0; at < REQUEST.length; at++) {
      if (at === 100 || at === 101) continue; // its checksum is another attribute then, and no more
      const broken = REQUEST.slice();
      broken[at] = (broken[at] ?? 0) ^ 0xff;
      expect(isStun(broken) ? readStun(broken) : undefined, `byte ${at}`).toBeUndefined();
      const short = REQUEST.subarray(0, at);
      expect(isStun(short) ? readStun(short) : undefined, `${at} bytes`).toBeUndefined();
    }
  });

  it('looks at nothing that stands behind the signature', () => {
    const parts = { kind: 'request', method: 1, transaction: new Uint8Array(12) } as const;
    const signed = writeStun({ ...parts, attributes: [], key: PASSWORD });
    const useCandidate = bytes('00250000');
    const longer = new Uint8Array([...signed, ...useCandidate]);
    longer[3] = longer.length - 20;
    const message = readStun(longer);
    expect(message?.attributes.has(ATTRIBUTES.useCandidate)).toBe(false);
  });

  it('has every class, method and code of errors', () => {
    for (const kind of ['request', 'indication', 'success', 'error'] as const) {
      for (const method of Object.values(METHODS)) {
        const code = [ATTRIBUTES.errorCode, errorCode(487, 'Role Conflict')] as const;
        const parts = { kind, method, transaction: new Uint8Array(12), attributes: [code] };
        const message = readStun(writeStun(parts));
        expect(message).toMatchObject({ kind, method });
        expect(readErrorCode(message?.attributes.get(ATTRIBUTES.errorCode))).toBe(487);
      }
    }
  });
});
