import { expect, it } from 'vitest';
import { CounterMode, Keystream } from './keystream.ts';

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
