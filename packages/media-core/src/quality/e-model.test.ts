import { describe, expect, it } from 'vitest';
import {
  absoluteDelay,
  eModelRating,
  mosOfRating,
  mosOfWidebandRating,
  widebandRating,
} from './e-model.ts';

describe('the E-model of ITU-T G.107', () => {
  it('rates the default connection 93.2, a MOS of 4.41', () => {
    expect(eModelRating()).toBeCloseTo(93.2, 1);
    expect(mosOfRating(eModelRating())).toBeCloseTo(4.41, 2);
  });

  // table B.1 of G.107
  it.each([
    [90, 4.34],
    [80, 4.03],
    [70, 3.6],
    [60, 3.1],
    [50, 2.58],
  ])('scores a rating of %d with %f', (r, mos) => {
    expect(mosOfRating(r)).toBeCloseTo(mos, 1);
    expect(Math.abs(mosOfRating(r) - mos)).toBeLessThan(0.011);
  });

  it('never leaves 1 to 4.5', () => {
    for (let r = -20; r < 130; r++) {
      expect(mosOfRating(r)).toBeGreaterThanOrEqual(1);
      expect(mosOfRating(r)).toBeLessThanOrEqual(4.5);
    }
  });

  /** Cole and Rosenbluth, Voice over IP performance monitoring (2001): a fit of G.107's delay. */
  const colesDelay = (ms: number): number => 0.024 * ms + 0.11 * Math.max(0, ms - 177.3);
  it.each([50, 100, 150, 200, 250, 300])('takes for a delay of %d ms what is known', (ms) => {
    const lost = eModelRating() - eModelRating({ t: ms, ta: ms, tr: 2 * ms });
    expect(Math.abs(lost - colesDelay(ms))).toBeLessThan(1.5);
  });

  it('takes nothing for a delay as such up to 100 ms', () => {
    expect(absoluteDelay(100)).toBe(0);
    expect(absoluteDelay(101)).toBeGreaterThan(0);
  });

  // planning values of G.113 appendix I, put into equation 7-29 by hand
  it.each([
    ['G.711 with concealment, 1 %', { ie: 0, bpl: 25.1, ppl: 1 }, 3.64],
    ['G.711 without, 1 %', { ie: 0, bpl: 4.3, ppl: 1 }, 17.92],
    ['G.729A, none', { ie: 11, bpl: 19, ppl: 0 }, 11],
    ['G.729A, 2 %', { ie: 11, bpl: 19, ppl: 2 }, 19],
  ])('takes for %s what its planning values say', (_, given, impairment) => {
    expect(eModelRating() - eModelRating(given)).toBeCloseTo(impairment, 2);
  });

  it('takes more where losses come in bursts', () => {
    const single = eModelRating({ bpl: 25.1, ppl: 3 });
    expect(eModelRating({ bpl: 25.1, ppl: 3, burstR: 3 })).toBeLessThan(single);
  });
});

describe('the wideband E-model of ITU-T G.107.1', () => {
  const clean = { taMs: 0, ie: 0, bpl: 4.3, ppl: 0, burstR: 1 };

  it('rates a clean connection 129, a MOS of 4.5', () => {
    expect(widebandRating(clean)).toBe(129);
    expect(mosOfWidebandRating(129)).toBe(4.5);
  });

  it('rates G.722 at 64 kbit/s 116 (Ie,wb 13)', () => {
    expect(widebandRating({ ...clean, ie: 13 })).toBe(116);
    expect(mosOfWidebandRating(116)).toBeCloseTo(4.34, 1);
  });

  it('takes delay and loss as the narrowband model does', () => {
    expect(widebandRating({ ...clean, taMs: 300 })).toBeCloseTo(129 - absoluteDelay(300), 5);
    expect(widebandRating({ ...clean, ppl: 2 })).toBeCloseTo(129 - 190 / 6.3, 5);
  });
});
