import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bdecode, bencode, type Bencoded } from './bencode.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('bencode', () => {
  it('writes what the ng protocol expects', () => {
    expect(bencode({ command: 'offer', flags: ['a', 'bc'], number: -3 })).toBe(
      'd7:command5:offer5:flagsl1:a2:bce6:numberi-3ee',
    );
    expect(bencode('ü')).toBe('2:ü');
  });

  it('reads what it wrote, whatever it was', () => {
    const { value } = fc.letrec<{ value: Bencoded }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.integer(),
        fc.string({ unit: 'grapheme' }),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => {
        expect(bencode(bdecode(bytes(bencode(one))) ?? '')).toBe(bencode(one));
      }),
    );
  });

  it('gives nothing for nonsense, and never throws', () => {
    for (const text of [
      '',
      'i',
      'ie',
      'i1',
      'i-e',
      'l',
      'd1:a',
      'd1:ae',
      '5:abc',
      '1',
      'x',
      'i1ei2e',
    ]) {
      expect(bdecode(bytes(text)), text).toBeUndefined();
    }
    expect(bdecode(bytes('l'.repeat(40) + 'e'.repeat(40)))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        bdecode(noise);
      }),
    );
  });

  it('takes __proto__ for a key like any other', () => {
    const read = bdecode(bytes('d9:__proto__d1:ai1eee'));
    expect(Object.keys(read as object)).toEqual(['__proto__']);
    expect(({} as { a?: number }).a).toBeUndefined();
  });
});
