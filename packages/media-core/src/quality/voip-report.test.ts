import { expect, it } from 'vitest';
import { QualityMonitor } from './quality-monitor.ts';
import { voipReport } from './voip-report.ts';

function metricsOf(name: string) {
  const monitor = new QualityMonitor();
  for (let sequence = 0; sequence < 50; sequence++) monitor.arrive(sequence, 3);
  const metrics = monitor.whole({
    codec: { name, clockRate: 8000 },
    packetMs: 20,
    bufferMs: 60,
    roundTripMs: 80,
  });
  if (metrics === undefined) throw new Error('packets came');
  return metrics;
}

it.each([
  ['a buffer that adapts', { targetMs: 60, minimumMs: 40, maximumMs: 200 }, 'adaptive', 'standard'],
  ['one that is fixed', { targetMs: 60, minimumMs: 60, maximumMs: 60 }, 'nonAdaptive', 'standard'],
  ['none', undefined, 'unknown', 'disabled'],
] as const)('tells of %s', (_, buffer, jitterBuffer, concealment) => {
  const report = voipReport(1, metricsOf('pcmu'), buffer);
  expect(report).toMatchObject({ jitterBuffer, concealment });
  expect(report.jitterBufferMaximumMs).toBe(buffer?.maximumMs ?? 0);
});

it('cuts a wideband rating to what the field holds', () => {
  expect(metricsOf('g722').rFactor).toBeGreaterThan(100);
  expect(voipReport(1, metricsOf('g722'), undefined).rFactor).toBe(100);
});
