import { expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

it('a histogram tells shares of its values to within 1 %, in constant space', () => {
  const histogram = new Histogram();
  expect(histogram.quantile(0.5)).toBe(0);
  for (let value = 1; value <= 10_000; value++) histogram.add(value);
  for (const share of [0.01, 0.5, 0.9, 0.99]) {
    const error = Math.abs(histogram.quantile(share) / (share * 10_000) - 1);
    expect(error).toBeLessThan(0.0101);
  }
  expect(histogram.quantile(1)).toBe(10_000);
  histogram.add(0);
  histogram.add(1e12);
  expect(histogram.quantile(1)).toBe(1e12);
});
