import { describe, expect, it } from 'vitest';
import { ComfortNoise } from './comfort-noise.ts';

function noiseOf(...payload: number[]): Int16Array {
  const noise = new ComfortNoise();
  const out = new Int16Array(8080);
  noise.take(Uint8Array.from(payload));
  noise.read(out, 0, 80);
  noise.read(out, 80, out.length);
  return out.subarray(80);
}

/** How alike samples are that lie so far apart: 1, alike; 0, not at all. */
function likeness(samples: Int16Array, apart: number): number {
  let [product, energy] = [0, 0];
  for (let i = apart; i < samples.length; i++) {
    product += (samples[i] ?? 0) * (samples[i - apart] ?? 0);
    energy += (samples[i] ?? 0) ** 2;
  }
  return product / energy;
}

/** Below a square wave that fills the range. */
function dbov(samples: Int16Array): number {
  const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(mean / 32_767 ** 2);
}

describe('comfort noise (RFC 3389)', () => {
  it.each([20, 35, 50, 65])('is as loud as %i below the overload', (level) => {
    expect(dbov(noiseOf(level))).toBeCloseTo(-level, 0);
  });

  it('is white where no colour is told', () => {
    for (const apart of [1, 2, 5])
      expect(Math.abs(likeness(noiseOf(30), apart))).toBeLessThan(0.04);
  });

  // k = 258 · (N − 127) / 32768: 13 is −0.898, so samples are alike by 0.898; 241 is the opposite
  it.each([
    [13, 0.898],
    [241, -0.898],
    [64, 0.496],
  ])('has the colour of the coefficient %i, and the same level', (coefficient, alike) => {
    const samples = noiseOf(40, coefficient);
    expect(likeness(samples, 1)).toBeCloseTo(alike, 1);
    expect(likeness(samples, 2)).toBeCloseTo(alike ** 2, 1);
    expect(Math.abs(dbov(samples) + 40)).toBeLessThan(1);
  });

  it('bears whatever comes: no level, the highest bit, sixty coefficients at the edge', () => {
    expect(noiseOf().every((sample) => sample === 0)).toBe(true);
    expect(dbov(noiseOf(0x80 | 30))).toBeCloseTo(-30, 0);
    const edge = noiseOf(30, ...Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? 255 : 0)));
    expect(edge.every(Number.isFinite)).toBe(true);
    expect(dbov(edge)).toBeLessThan(0);
  });

  it('begins and changes without a click', () => {
    const noise = new ComfortNoise();
    const out = new Int16Array(80);
    noise.take(Uint8Array.of(10));
    noise.read(out, 0, 80);
    expect(Math.abs(out[0] ?? 0)).toBeLessThan(400);
    expect(Math.max(...out.subarray(40))).toBeGreaterThan(3000);
  });
});
