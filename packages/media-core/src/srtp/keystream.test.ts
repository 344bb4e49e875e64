import { expect, it } from 'vitest';
import { CounterMode, Keystream } from './keystream.ts';

const SALT = Uint8Array.from({ length: 14 }, (_, at) => 17 * at + 3);

class CountedMode extends CounterMode {
  made = 0;

  override generate(ssrc: number, index: number, packets: number, blocks: number): Uint32Array {
    this.made++;
    return super.generate(ssrc, index, packets, blocks);
  }
}

const modeOf = (): CountedMode =>
  new CountedMode(new Uint8Array(16).fill(7), new Uint8Array(12), 'gcm');

it('is made for many packets at once, also behind a forged one of a high number', () => {
  const [mode, other] = [modeOf(), modeOf()];
  const keystream = new Keystream();
  const found = (index: number): number[] => {
    keystream.find(mode, 1, index, 176);
    return [...keystream.words.subarray(keystream.offset, keystream.offset + 44)];
  };
  const single = (index: number): number[] => [...other.generate(1, index, 1, 11)];
  for (let index = 100; index < 116; index++) expect(found(index)).toEqual(single(index));
  expect(mode.made).toBe(1);
  found(60_000);
  keystream.forget();
  for (let index = 116; index < 132; index++) expect(found(index)).toEqual(single(index));
  expect(mode.made).toBe(3);
});

it.each(['cm', 'gcm'] as const)('owes nothing to what was made before: %s', (layout) => {
  const fresh = () => new CounterMode(new Uint8Array(16).fill(7), SALT, layout);
  const mode = fresh();
  const cycle = 0x1_0000;
  for (const [ssrc, index, packets, blocks] of [
    [1, 5, 4, 3],
    [1, 9, 4, 3],
    [2, 13, 4, 3],
    [2, 13 + cycle, 4, 3],
    [2, 17 + cycle, 3, 4],
    [2, 17 + 0x8000 * cycle, 3, 4],
    [0xffff_ffff, cycle * cycle * cycle - 3, 3, 4],
  ] as const) {
    const made = [...mode.generate(ssrc, index, packets, blocks)];
    const apart = Array.from({ length: packets }, (_, at) => [
      ...fresh().generate(ssrc, index + at, 1, blocks),
    ]);
    expect(made).toEqual(apart.flat());
  }
});

it('is right across the end of a cycle of sequence numbers', () => {
  const [mode, other] = [modeOf(), modeOf()];
  const keystream = new Keystream();
  for (let index = 0xfffa; index < 0x1_0006; index++) {
    keystream.find(mode, 1, index, 176);
    const found = [...keystream.words.subarray(keystream.offset, keystream.offset + 44)];
    expect(found).toEqual([...other.generate(1, index, 1, 11)]);
  }
  expect(mode.made).toBe(2);
});
