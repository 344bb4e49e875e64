import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeOctets, encodeText } from './octets.ts';

describe('octets as text', () => {
  it('are the same octets again, whatever they are', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.constantFrom('é', '漢', '🕿', '\u{10ffff}', 'a').map((text) => Buffer.from(text)),
      fc
        .constantFrom('c080', 'eda080', 'edbfbf', 'f4908080', 'e08080', 'f0808080', 'f8', 'e282')
        .map((hex) => Buffer.from(hex, 'hex')),
    );
    const property = fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const octets = Buffer.concat(pieces);
      expect(encodeText(decodeOctets(octets)).toString('hex')).toBe(octets.toString('hex'));
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('are UTF-8 where they are valid, beside octets that are not', () => {
    const octets = Buffer.concat([Buffer.from('é漢🕿'), Buffer.from([0xff]), Buffer.from('z')]);
    expect(decodeOctets(octets)).toBe('é漢🕿\udcffz');
  });

  it('of every valid character come out as Buffer decodes them', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
      const octets = Buffer.concat([Buffer.from(text), Buffer.from([0x80])]);
      expect(decodeOctets(octets)).toBe(`${Buffer.from(text).toString()}\udc80`);
    });
    fc.assert(property);
  });
});
