import { describe, expect, it } from 'vitest';
import { dueCalls, isSpent, rateAt } from './load-plan.ts';

describe('a plan of load', () => {
  it('begins one call at once, and no other, unless it is told', () => {
    expect([0, 10_000].map((ms) => dueCalls({}, ms))).toEqual([1, 1]);
  });

  it('keeps its rate to the millisecond', () => {
    const plan = { rate: 50, total: 1000 };
    expect([0, 19, 20, 1000, 100_000].map((ms) => dueCalls(plan, ms))).toEqual([1, 1, 2, 51, 1000]);
  });

  it('ramps evenly from one rate to another, up or down', () => {
    const plan = { rate: 10, rampTo: 30, rampMs: 10_000, durationMs: 60_000 };
    expect([0, 5000, 10_000, 20_000].map((ms) => rateAt(plan, ms))).toEqual([10, 20, 30, 30]);
    expect([5000, 10_000, 11_000].map((ms) => dueCalls(plan, ms))).toEqual([76, 201, 231]);
    expect(dueCalls({ ...plan, rate: 30, rampTo: 10 }, 10_000)).toBe(201);
  });

  it('ends after its total or its time', () => {
    expect(isSpent({ total: 3 }, 3, 0)).toBe(true);
    expect(isSpent({ rate: 10, durationMs: 1000 }, 500, 1000)).toBe(false);
    expect(isSpent({ rate: 10, durationMs: 1000 }, 5, 1001)).toBe(true);
    expect(dueCalls({ rate: 10, durationMs: 1000 }, 5000)).toBe(11);
  });
});
