import { describe, expect, it } from 'vitest';
import { pcmaDecode, pcmaEncode, pcmuDecode, pcmuEncode } from './g711.ts';

/** Segments from zero outwards as G.711 prints them: [intervals, width], in 16-bit samples. */
const MU_LAW: readonly (readonly [number, number])[] = [
  [1, 4],
  [15, 8],
  ...[16, 32, 64, 128, 256, 512, 1024].map((width) => [16, width] as const),
];
const A_LAW: readonly (readonly [number, number])[] = [
  [32, 16],
  ...[32, 64, 128, 256, 512, 1024].map((width) => [16, width] as const),
];

/** The lower ends of the 128 intervals of one sign, and what they decode to. */
function intervals(segments: readonly (readonly [number, number])[], firstIsZero: boolean) {
  const rows: { from: number; value: number }[] = [];
  let from = 0;
  for (const [count, width] of segments) {
    for (let i = 0; i < count; i++, from += width) {
      rows.push({ from, value: firstIsZero && rows.length === 0 ? 0 : from + width / 2 });
    }
  }
  return rows;
}

const laws = [
  {
    law: 'µ-law',
    encode: pcmuEncode,
    decode: pcmuDecode,
    rows: intervals(MU_LAW, true),
    zero: 0xff,
  },
  {
    law: 'A-law',
    encode: pcmaEncode,
    decode: pcmaDecode,
    rows: intervals(A_LAW, false),
    zero: 0xd5,
  },
];

describe.each(laws)('$law', ({ encode, decode, rows, zero }) => {
  const everySample = Int16Array.from({ length: 65_536 }, (_unused, i) => i - 32_768);
  const everyCode = Uint8Array.from({ length: 256 }, (_unused, i) => i);

  it('has 128 intervals for each sign', () => {
    expect(rows).toHaveLength(128);
    expect(new Set(decode(everyCode)).size).toBe(zero === 0xff ? 255 : 256);
  });

  it('decodes every sample to the value of the interval in which it lies', () => {
    const decoded = decode(encode(everySample));
    for (const [i, sample] of everySample.entries()) {
      const inside = rows.findLast(({ from }) => from <= (sample < 0 ? -sample - 1 : sample));
      const value = inside?.value ?? Number.NaN;
      if (decoded[i] !== (sample < 0 ? -value : value) + 0) {
        expect.fail(`${sample} became ${decoded[i]}, not ${value}`);
      }
    }
  });

  it('gives back every code that it decodes, but the second zero of µ-law', () => {
    const again = encode(decode(everyCode));
    for (const code of everyCode) {
      expect(again[code]).toBe(zero === 0xff && code === 0x7f ? 0xff : code);
    }
  });

  it('writes the code of silence for zero', () => {
    expect(encode(new Int16Array(1))[0]).toBe(zero);
  });
});

it('agrees with the character signals of G.711, tables 1a and 2a', () => {
  expect([...pcmuEncode(Int16Array.of(32_767, -32_768))]).toEqual([0x80, 0x00]);
  expect([...pcmaEncode(Int16Array.of(32_767, -32_768))]).toEqual([0xaa, 0x2a]);
  expect([...pcmuDecode(Uint8Array.of(0x80, 0x00))]).toEqual([32_124, -32_124]);
  expect([...pcmaDecode(Uint8Array.of(0xaa, 0x2a))]).toEqual([32_256, -32_256]);
});
