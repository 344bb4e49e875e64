import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './ip-address.ts';
import { bindingRequest, bindingSuccess, isStun, readStun, unknownAttributes } from './stun.ts';

// RFC 5769 §2.2 and §2.3: the answers to one request, over IPv4 and over IPv6
const TRANSACTION = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex').toString('latin1');
const IPV4 = '0020 0008 0001a147e112a643';
const IPV6 = '0020 0014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const header = (type: string, length: string): string =>
  `${type} ${length} 2112a442 b7e7a701bc34d686fa87dfae`;

describe('STUN Binding messages (RFC 8489)', () => {
  it('tell where a client was seen, as in RFC 5769', () => {
    const four = bindingSuccess(TRANSACTION, { address: '192.0.2.1', port: 32_853 });
    expect(four).toEqual(hex(`${header('0101', '000c')} ${IPV4}`));
    const address = '2001:db8:1234:5678:11:2233:4455:6677';
    const six = bindingSuccess(TRANSACTION, { address, port: 32_853 });
    expect(six).toEqual(hex(`${header('0101', '0018')} ${IPV6}`));
    expect(readStun(six)).toMatchObject({ kind: 'success', mapped: { address, port: 32_853 } });
  });

  it('are recognised by their length and cookie', () => {
    const request = bindingRequest(TRANSACTION);
    expect(request).toEqual(hex(header('0001', '0000')));
    expect(isStun(request)).toBe(true);
    expect(isStun(request.subarray(1))).toBe(false);
    expect(isStun(hex(header('0001', '0004')))).toBe(false);
    expect(isStun(Buffer.from('OPTIONS sip:bob@bob.example SIP/2.0\r\n'))).toBe(false);
  });

  it('name the attributes that have to be understood and are not', () => {
    const request = hex(`${header('0001', '000c')} 7fff0001ff000000 80220000`);
    expect(readStun(request)).toMatchObject({ kind: 'request', unknown: [0x7fff] });
    const refusal = unknownAttributes(TRANSACTION, [0x7fff]);
    expect(isStun(refusal)).toBe(true);
    expect(readStun(refusal)).toMatchObject({ kind: 'error' });
  });

  it.each([
    ['an indication', hex(header('0011', '0000'))],
    ['another method', hex(header('0003', '0000'))],
    ['an attribute beyond the end', hex(`${header('0001', '0004')} 80220008`)],
    ['too many attributes', hex(`${header('0001', '0044')} ${'80220000'.repeat(17)}`)],
  ])('are not %s', (_, bytes) => {
    expect(isStun(bytes)).toBe(true);
    expect(readStun(bytes)).toBe(undefined);
  });

  it('are read from any bytes without harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (rest) => {
        const padded = Buffer.concat([rest, Buffer.alloc(-rest.length & 3)]);
        const length = padded.length.toString(16).padStart(4, '0');
        const bytes = Buffer.concat([hex(header('0101', length)), padded]);
        expect(isStun(bytes)).toBe(true);
        readStun(bytes);
      }),
    );
  });

  it('carry any address there and back', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65_535), (address, port) => {
        const mapped = readStun(bindingSuccess(TRANSACTION, { address, port }))?.mapped;
        expect(mapped).toEqual({ address: canonicalAddress(address), port });
      }),
    );
  });
});
