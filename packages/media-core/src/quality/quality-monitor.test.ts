import { describe, expect, it } from 'vitest';
import { QualityLevels, DEFAULT_THRESHOLDS } from './quality-level.ts';
import { QualityMonitor } from './quality-monitor.ts';

const NOW = {
  codec: { name: 'pcmu', clockRate: 8000 },
  packetMs: 20,
  bufferMs: 40,
  roundTripMs: 80,
};

function fed(sequences: Iterable<number>, jitterMs = 3): QualityMonitor {
  const monitor = new QualityMonitor();
  for (const sequence of sequences) monitor.arrive(sequence & 0xffff, jitterMs);
  return monitor;
}

const count = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe('quality of a stream', () => {
  it('is that of the default connection less its delay where everything comes', () => {
    const metrics = fed(count(65_500, 65_550)).endSecond(1000, NOW);
    expect(metrics).toMatchObject({
      durationMs: 1000,
      packetsExpected: 50,
      packetsLost: 0,
      lossRate: 0,
      jitterMs: 3,
      delayMs: 100,
      listeningMos: 4.41,
    });
    expect(metrics?.rFactor).toBeGreaterThan(90);
  });

  it('counts what is missing, and not what comes twice or late within the window', () => {
    const came = [1, 2, 4, 5, 5, 3, 6, 10];
    expect(fed(came).whole(NOW)).toMatchObject({ packetsExpected: 10, packetsLost: 3 });
  });

  it('rates the second by itself, and the call by all', () => {
    const monitor = fed(count(0, 50));
    monitor.endSecond(1000, NOW);
    for (const sequence of count(50, 100)) if (sequence % 5 > 0) monitor.arrive(sequence, 9);
    monitor.arrive(100, 9);
    const second = monitor.endSecond(1000, NOW);
    expect(second).toMatchObject({ packetsExpected: 51, packetsLost: 10, jitterMs: 9 });
    const whole = monitor.whole(NOW);
    expect(whole).toMatchObject({ durationMs: 2000, packetsExpected: 101, packetsLost: 10 });
    expect(second?.mos).toBeLessThan(whole?.mos ?? 0);
    expect(whole?.maxJitterMs).toBe(9);
  });

  it('treats what was thrown away as lost to the ear, once', () => {
    const monitor = fed(count(0, 100));
    monitor.discard(98);
    monitor.discard(98);
    monitor.discard(500);
    const metrics = monitor.endSecond(1000, NOW);
    expect(metrics).toMatchObject({ packetsLost: 0, packetsDiscarded: 1, discardRate: 0.01 });
    expect(metrics?.listeningMos).toBeLessThan(4.41);
  });

  it('begins anew with another source, or a jump of its numbers', () => {
    const monitor = fed(count(0, 10));
    monitor.restart();
    for (const sequence of count(40_000, 40_010)) monitor.arrive(sequence, 1);
    for (const sequence of count(0, 10)) monitor.arrive(sequence, 1);
    expect(monitor.whole(NOW)).toMatchObject({ packetsExpected: 30, packetsLost: 0 });
  });

  it('says nothing of a second in which nothing was expected', () => {
    expect(new QualityMonitor().endSecond(1000, NOW)).toBe(undefined);
    expect(new QualityMonitor().whole(NOW)).toBe(undefined);
  });

  it('rates wideband codecs on their own scale', () => {
    const codec = { name: 'g722', clockRate: 8000 };
    const metrics = fed(count(0, 50)).endSecond(1000, { ...NOW, codec });
    expect(metrics?.rFactor).toBe(116);
  });
});

describe('levels of quality', () => {
  it('fall after three seconds and rise after five, and do not flap', () => {
    const levels = new QualityLevels(DEFAULT_THRESHOLDS);
    const run = (...scores: number[]) => scores.map((mos) => levels.take(mos));
    expect(run(3, 3, 4.2, 3, 3).every((one) => one === undefined)).toBe(true);
    expect(run(3)).toEqual(['good']);
    expect(levels.level).toBe('poor');
    expect(run(3.4, 3.4, 3.4, 3.4, 3.4).at(-1)).toBe('poor');
    expect(levels.level).toBe('fair');
    expect(run(4, 4, 4, 4, 4).at(-1)).toBe('fair');
    expect(levels.level).toBe('good');
  });
});
