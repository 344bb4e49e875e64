import { describe, expect, it } from 'vitest';
import { Reception } from './reception.ts';

describe('reception statistics (RFC 3550 §6.4.1)', () => {
  it('counts what is lost, also across the wrap of the sequence', () => {
    const reception = new Reception(8000, 65_530);
    for (let at = 65_530; at < 65_550; at++) if (at % 5 !== 4) reception.count(at & 0xffff);
    expect(reception.expected).toBe(19);
    expect(reception.lost).toBe(3);
    expect(reception.extendedHighest).toBe(65_548);
  });

  it('reports the loss since the report before, and all of it', () => {
    const reception = new Reception(8000, 0);
    for (let at = 0; at < 10; at++) if (at !== 3) reception.count(at);
    expect(reception.report()).toMatchObject({ fractionLost: 25, cumulativeLost: 1 });
    for (let at = 10; at < 20; at++) reception.count(at);
    expect(reception.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 1 });
  });

  it('takes duplicates and late packets for received', () => {
    const reception = new Reception(8000, 100);
    expect([100, 101, 103, 102, 103].map((at) => reception.count(at))).toEqual([
      'next',
      'next',
      'next',
      'misordered',
      'misordered',
    ]);
    expect(reception.lost).toBe(-1);
  });

  it('believes in a jump after two packets in a row', () => {
    const reception = new Reception(8000, 100);
    reception.count(100);
    expect(reception.count(40_000)).toBe('wild');
    expect(reception.count(101)).toBe('next');
    expect(reception.count(50_000)).toBe('wild');
    expect(reception.count(50_001)).toBe('restarted');
    expect(reception.lost).toBe(0);
  });

  it('measures no jitter in an even stream, and the mean of an uneven one', () => {
    const even = new Reception(8000, 0);
    const uneven = new Reception(8000, 0);
    for (let at = 0; at < 200; at++) {
      even.time(at * 160, at * 20);
      uneven.time((at * 160 + 0xffff_0000) >>> 0, at * 20 + (at % 2) * 5);
    }
    expect(even.jitter).toBe(0);
    expect(uneven.jitterMs).toBeCloseTo(5, 1);
  });
});
