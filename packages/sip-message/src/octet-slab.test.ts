import { expect, it } from 'vitest';
import { OctetSlab } from './octet-slab.ts';

it('gives octets that nobody else has, whatever else is taken', () => {
  const lengths = Array.from({ length: 300 }, (_, at) => 1 + ((at * 997) % 3000));
  const slab = new OctetSlab();
  const taken = lengths.map((length, at) => slab.take(length).fill(at % 251));
  expect(taken.map(({ length }) => length)).toEqual(lengths);
  for (const [at, octets] of taken.entries()) {
    expect(octets.equals(Buffer.alloc(octets.length, at % 251))).toBe(true);
  }
  // several share a piece, else nothing is gained
  expect(new Set(taken.map(({ buffer }) => buffer)).size).toBeLessThan(lengths.length / 10);
});

it('keeps no piece for the sake of what is long', () => {
  const long = new OctetSlab().take(100_000);
  expect([long.length, long.buffer.byteLength]).toEqual([100_000, 100_000]);
});
