import { seededRandom } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { DelayEstimator } from './delay-estimator.ts';

/** Packets of 20 ms for so many minutes, over a network that delays each by what `delay` says. */
function stream(minutes: number, delay: (packet: number) => number, skewPpm = 0): DelayEstimator {
  const estimator = new DelayEstimator();
  for (let packet = 0; packet < minutes * 3000; packet++) {
    const sentAt = packet * 20 * (1 + skewPpm / 1e6);
    const now = sentAt + delay(packet);
    estimator.take(now, now - packet * 20);
  }
  return estimator;
}

describe('the estimate of the delay', () => {
  it('needs none where every packet takes the same time', () => {
    expect(stream(1, () => 80).neededMs).toBe(0);
  });

  it('is as long as all but two in a hundred packets need', () => {
    const random = seededRandom(1);
    const needed = stream(1, () => (random.uint32() / 2 ** 32) * 100).neededMs;
    expect(needed).toBeGreaterThanOrEqual(95);
    expect(needed).toBeLessThanOrEqual(105);
    const spikes = stream(1, (packet) => (packet % 200 === 0 ? 300 : 5 * (packet % 3))).neededMs;
    expect(spikes).toBeLessThanOrEqual(15);
  });

  it('measures by the last two seconds, where the way has become longer for good', () => {
    const estimator = new DelayEstimator();
    const take = (packet: number, delay: number): number =>
      estimator.take(packet * 20 + delay, delay);
    for (let packet = 0; packet < 200; packet++) take(packet, 10);
    expect(take(200, 260)).toBe(250);
    for (let packet = 201; packet < 310; packet++) take(packet, 260);
    expect(take(310, 260)).toBe(0);
  });

  it('forgets a bad minute within the next', () => {
    const random = seededRandom(1);
    const estimator = stream(2, (packet) =>
      packet < 3000 ? (random.uint32() / 2 ** 32) * 200 : 10,
    );
    expect(estimator.neededMs).toBeLessThanOrEqual(5);
  });
});

describe('the estimate of the clocks', () => {
  it.each([-300, -50, 0, 50, 300])('finds %i ppm in three minutes of jitter', (skewPpm) => {
    const random = seededRandom(7);
    const jitter = (): number => (random.uint32() / 2 ** 32) ** 2 * 40;
    expect(Math.abs(stream(3, jitter, skewPpm).skewPpm - skewPpm)).toBeLessThan(10);
  });

  it('says nothing in the first half minute, and of another stream', () => {
    expect(stream(0.4, () => 10, 300).skewPpm).toBe(0);
    const estimator = stream(3, () => 10, 300);
    estimator.reset();
    expect(estimator.skewPpm).toBe(0);
    expect(estimator.neededMs).toBe(0);
  });
});
