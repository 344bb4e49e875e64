import { describe, expect, it } from 'vitest';
import { lengthen, shorten } from './time-scale.ts';
import { toneShare } from './tone-share.ts';
import { ToneSource } from './tone-source.ts';

describe.each([8000, 16_000, 48_000])('a stretch of sound at %i Hz', (sampleRate) => {
  const length = sampleRate / 50;
  const made = (frequencyHz: number): Int16Array => {
    const samples = new Int16Array(2 * length);
    new ToneSource({ frequencyHz, sampleRate }).read(samples.subarray(0, length));
    return samples;
  };

  it.each([150, 210, 400])('of %i Hz loses and gains whole periods, without a click', (hz) => {
    for (const scale of [shorten, lengthen]) {
      const samples = made(hz);
      const changed = scale(samples, { from: 0, to: length, sampleRate });
      const periods = (changed * hz) / sampleRate;
      expect(periods).toBeGreaterThan(0.9);
      expect(Math.abs(periods - Math.round(periods))).toBeLessThan(0.06);
      const to = scale === shorten ? length - changed : length + changed;
      expect(toneShare(samples.subarray(0, to), sampleRate, hz)).toBeGreaterThan(0.97);
    }
  });

  it('is left alone where nothing in it comes again, unless it must be', () => {
    const noise = Int16Array.from(
      { length: 2 * length },
      (_, at) => (Math.imul(at * at + 1, 2_654_435_761) >>> 16) - 32_768,
    );
    expect(shorten(noise, { from: 0, to: length, sampleRate })).toBe(0);
    expect(shorten(noise, { from: 0, to: length, sampleRate, forced: true })).toBeGreaterThan(0);
    expect(lengthen(new Int16Array(length), { from: 0, to: length, sampleRate })).toBe(0); // no room
  });

  it('of silence gives way', () => {
    expect(shorten(new Int16Array(length), { from: 0, to: length, sampleRate })).toBeGreaterThan(0);
  });
});
