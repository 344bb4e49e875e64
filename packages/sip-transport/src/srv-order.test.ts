import { seededRandom } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { orderSrv } from './srv-order.ts';

const record = (target: string, priority: number, weight: number) => ({
  target,
  priority,
  weight,
  port: 5060,
});
const names = (records: { target: string }[]): string => records.map((one) => one.target).join(' ');

describe('the order of SRV targets (RFC 2782)', () => {
  it('tries the lowest priority first', () => {
    const records = [record('c', 30, 1), record('a', 10, 1), record('b', 20, 1)];
    expect(names(orderSrv(records, () => 0.5))).toBe('a b c');
  });

  it('draws within a priority by weight', () => {
    const records = [record('light', 1, 10), record('heavy', 1, 90)];
    expect(names(orderSrv(records, () => 0.05))).toBe('light heavy');
    expect(names(orderSrv(records, () => 0.5))).toBe('heavy light');
  });

  it('meets the weights over many draws', () => {
    const random = seededRandom(1);
    let heavyFirst = 0;
    for (let draw = 0; draw < 4000; draw++) {
      const order = orderSrv([record('light', 1, 25), record('heavy', 1, 75)], () =>
        random.float(),
      );
      if (order[0]?.target === 'heavy') heavyFirst++;
    }
    expect(heavyFirst / 4000).toBeGreaterThan(0.72);
    expect(heavyFirst / 4000).toBeLessThan(0.78);
  });

  it('gives a weight of 0 a small chance while others are left', () => {
    const records = [record('weighted', 1, 9), record('zero', 1, 0)];
    expect(names(orderSrv(records, () => 0))).toBe('zero weighted');
    expect(names(orderSrv(records, () => 0.2))).toBe('weighted zero');
  });

  it('keeps every record', () => {
    const random = seededRandom(7);
    const records = [1, 1, 2, 2, 2].map((priority, at) => record(`t${at}`, priority, at % 3));
    const order = orderSrv(records, () => random.float());
    expect(order.toSorted((a, b) => a.target.localeCompare(b.target))).toEqual(records);
    expect(orderSrv([], () => 0)).toEqual([]);
  });
});
