import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toneShare, ToneSource } from '../audio/index.ts';
import { G722Decoder, G722Encoder } from './g722.ts';

/** A tone that rises, noise, a square of full scale, and a fading mixture: half a second of each. */
function hardSound(): Int16Array {
  let state = 1;
  const noise = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 15) - 32_768;
  };
  const square = (at: number): number => (Math.floor(at / 37) % 2 === 0 ? 32_767 : -32_768);
  return Int16Array.from({ length: 32_000 }, (_, at) => {
    if (at < 8000) return (((at * at) >> 6) % 4001) * 4 - 8000;
    if (at < 16_000) return noise();
    if (at < 24_000) return square(at);
    return (noise() * (32_000 - at)) / 8000 / 4 + square(at * 3) / 4;
  });
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('G.722', () => {
  // what `ffmpeg -f s16le -ar 16000 -c:a g722` and back made of the same; e2e/codecs.test.ts asks it anew
  it('gives the bits that ffmpeg gives, both ways', () => {
    const bytes = new Uint8Array(16_000);
    expect(new G722Encoder().encode(hardSound(), bytes)).toBe(16_000);
    expect(sha256(bytes)).toBe('5e6e8f7761452317defd7eb2cb58bfe9ebeaa1db723cd9879b4aa4cd1b4e6e23');
    const samples = new Int16Array(32_000);
    expect(new G722Decoder().decode(bytes, samples)).toBe(32_000);
    expect(sha256(new Uint8Array(samples.buffer))).toBe(
      'fdcea77d52e9cf1677d4aa3db3bb17d9c47dba5b23e98c44257378039109f73e',
    );
  });

  it('gives the same packet by packet', () => {
    const sound = hardSound();
    const whole = new Uint8Array(16_000);
    new G722Encoder().encode(sound, whole);
    const parts = new Uint8Array(16_000);
    const encoder = new G722Encoder();
    for (let at = 0; at < sound.length; at += 320) {
      encoder.encode(sound.subarray(at, at + 320), parts.subarray(at / 2));
    }
    expect(parts).toEqual(whole);
  });

  it.each([300, 1000, 3500, 6500])('keeps a tone of %i Hz', (frequencyHz) => {
    const tone = new Int16Array(16_000);
    new ToneSource({ frequencyHz, sampleRate: 16_000 }).read(tone);
    const bytes = new Uint8Array(8000);
    new G722Encoder().encode(tone, bytes);
    const heard = new Int16Array(16_000);
    new G722Decoder().decode(bytes, heard);
    expect(toneShare(heard.subarray(800), 16_000, frequencyHz)).toBeGreaterThan(0.98);
  });

  it('takes any bytes', () => {
    const bytes = Uint8Array.from({ length: 4096 }, (_, at) => (at * 197) & 0xff);
    const samples = new Int16Array(8192);
    expect(new G722Decoder().decode(bytes, samples)).toBe(8192);
  });
});
