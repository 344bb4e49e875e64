import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LossBursts } from './loss-bursts.ts';

/** A run of packets: `.` received, `x` lost. */
function seen(packets: string): LossBursts {
  const bursts = new LossBursts();
  for (const one of packets) {
    if (one === 'x') bursts.lost();
    else bursts.received();
  }
  return bursts;
}

describe('losses in bursts (RFC 3611 §4.7.2)', () => {
  it('takes single losses far from each other for a gap', () => {
    const { burstDensity, gapDensity, burstDurationMs, gapDurationMs } = seen(
      `${'.'.repeat(19)}x`.repeat(5),
    ).metrics(20);
    expect([burstDensity, burstDurationMs]).toEqual([0, 0]);
    expect(gapDensity).toBeCloseTo(0.05, 5);
    expect(gapDurationMs).toBe(2000);
  });

  it('takes losses near each other for a burst, with what came between', () => {
    const gap = '.'.repeat(100);
    const metrics = seen(`${gap}x.xx..x${gap}`).metrics(20);
    expect(metrics.burstDensity).toBeCloseTo(4 / 7, 5);
    expect(metrics.burstDurationMs).toBe(140);
    expect(metrics.gapDensity).toBe(0);
    expect(metrics.gapDurationMs).toBe(2000);
  });

  it('ends a burst with sixteen packets in a row, and not with fifteen', () => {
    const [gap, fifteen, sixteen] = [50, 15, 16].map((count) => '.'.repeat(count));
    expect(seen(`${gap}xx${fifteen}x${gap}`).metrics(20).burstDurationMs).toBe(18 * 20);
    expect(seen(`${gap}xx${sixteen}x${gap}`).metrics(20).burstDurationMs).toBe(2 * 20);
    expect(seen(`${gap}xx${sixteen}x${gap}`).metrics(20).gapDensity).toBeCloseTo(1 / 117, 5);
  });

  it('says how much longer runs are than by chance', () => {
    const gap = '.'.repeat(97);
    expect(seen(gap).metrics(20).burstRatio).toBe(1);
    expect(seen(`${gap}xxx`.repeat(4)).metrics(20).burstRatio).toBeCloseTo(2.91, 2);
  });

  it('accounts for every packet, whatever came', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 400 }), (packets) => {
        const text = packets.map((came) => (came ? '.' : 'x')).join('');
        const metrics = seen(text).metrics(20);
        const rates = [metrics.burstDensity, metrics.gapDensity];
        for (const rate of rates) expect(rate >= 0 && rate <= 1).toBe(true);
        expect(Number.isFinite(metrics.gapDurationMs + metrics.burstDurationMs)).toBe(true);
        expect(metrics.burstRatio).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});
