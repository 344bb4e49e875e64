import { FULL_SCALE_DBM0 } from './tone-source.ts';

/**
 * How much of the power of `samples` lies at one frequency: 0–1, 1 for a pure tone, 0 for silence
 * (Goertzel's algorithm). The band is about `sampleRate / samples.length` wide, so it is the length
 * that tells 440 Hz from 450.
 */
export function toneShare(samples: Int16Array, sampleRate: number, frequencyHz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
  let energy = 0;
  let last = 0;
  let beforeLast = 0;
  for (const sample of samples) {
    const next = sample + coefficient * last - beforeLast;
    beforeLast = last;
    last = next;
    energy += sample * sample;
  }
  if (energy === 0) return 0;
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return Math.min(1, (2 * power) / (samples.length * energy));
}

/** The level of `samples` in dBm0: a full-scale sine is 3.14; −Infinity for silence. */
export function levelDbm0(samples: Int16Array): number {
  if (samples.length === 0) return Number.NEGATIVE_INFINITY;
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return 10 * Math.log10((2 * energy) / samples.length / 32_767 ** 2) + FULL_SCALE_DBM0;
}
