import { expect, it } from 'vitest';
import { TextHash } from './text-hash.ts';

/** Of the octets 0, 1, 2, … under the key 0x03020100, 0x07060504: Linux, lib/tests/siphash_kunit.c. */
const VECTORS = [
  0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
  0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee, 0x6b28096c, 0x66dd9cd6, 0x16658a7c,
];

function keyed(...key: number[]): TextHash {
  return new TextHash(Int32Array.from(key));
}

it('is HalfSipHash-1-3', () => {
  const hash = keyed(0x03020100, 0x07060504);
  const texts = VECTORS.map((_, length) =>
    String.fromCharCode(...Array.from({ length }, (_each, at) => at)),
  );
  expect(texts.map((text) => hash.of(text) >>> 0)).toEqual(VECTORS);
});

it('puts texts that differ in their key, in one character or in length elsewhere', () => {
  const texts = ['', 'a', 'b', 'ab', 'abcd', 'abcde', 'abcd\0'];
  const hashes = texts.map((text) => keyed(1, 2).of(text));
  expect(new Set([...hashes, keyed(1, 3).of('a'), keyed(2, 2).of('a')]).size).toBe(9);
});
