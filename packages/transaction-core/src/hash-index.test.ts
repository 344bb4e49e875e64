import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HashIndex } from './hash-index.ts';

function numbersOf(index: HashIndex, hash: number): number[] {
  const found = [];
  for (let at = index.seek(hash); at >= 0; at = index.seekOn(hash, at)) {
    found.push(index.numberAt(at));
  }
  return found.toSorted((a, b) => a - b);
}

it('has under each hash what was added and not removed, however they share their places', () => {
  // few hashes, of which many begin at the end of the table and go on at its beginning
  const hash = fc.oneof(fc.integer({ min: 60, max: 66 }), fc.integer({ min: -3, max: 3 }));
  const step = fc.record({ hash, isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new HashIndex();
      const model = new Map<number, number[]>();
      for (const [at, { hash: one, isAdded }] of steps.entries()) {
        const numbers = model.get(one) ?? [];
        const [oldest] = numbers;
        if (isAdded) {
          index.add(one, at + 1);
          model.set(one, [...numbers, at + 1]);
        } else if (oldest !== undefined) {
          index.remove(one, oldest);
          model.set(one, numbers.slice(1));
        }
      }
      for (const [one, numbers] of model) expect(numbersOf(index, one)).toEqual(numbers);
      expect(index.size).toBe([...model.values()].flat().length);
    }),
  );
});

it('grows with what it has and shrinks with it, and forgets all at once', () => {
  const index = new HashIndex();
  const hashOf = (number: number): number => Math.imul(number, 0x9e3779b1);
  for (let number = 1; number <= 20_000; number++) index.add(hashOf(number), number);
  for (let number = 1; number <= 19_990; number++) index.remove(hashOf(number), number);
  index.remove(hashOf(1), 1);
  expect(index.size).toBe(10);
  expect(numbersOf(index, hashOf(20_000))).toEqual([20_000]);
  expect(numbersOf(index, hashOf(1))).toEqual([]);
  index.clear();
  expect([index.size, index.seek(hashOf(20_000))]).toEqual([0, -1]);
});
