import { expect, it } from 'vitest';
import { type QualityInput, qualityOf } from './quality-metrics.ts';

const PCMU = { name: 'pcmu', clockRate: 8000 };
const LOSSY: QualityInput = {
  durationMs: 1000,
  packetsExpected: 50,
  packetsLost: 2,
  packetsDiscarded: 0,
  jitterMs: 1,
  maxJitterMs: 1,
  roundTripMs: undefined,
  packetMs: 20,
  bufferMs: 0,
  codec: PCMU,
  bursts: {
    burstDensity: 0,
    gapDensity: 0.04,
    burstDurationMs: 0,
    gapDurationMs: 1000,
    burstRatio: 1,
  },
};

it.each<[what: string, one: Partial<QualityInput>, other: Partial<QualityInput>]>([
  ['lost packets', { packetsLost: 2 }, { packetsLost: 3 }],
  ['bursts', {}, { bursts: { ...LOSSY.bursts, burstRatio: 3 } }],
  ['delay', {}, { bufferMs: 300 }],
  [
    'how well a codec bears losses',
    { codec: { name: 'g729', clockRate: 8000 } },
    { codec: { name: 'ilbc', clockRate: 8000 } },
  ],
  [
    'the band',
    { codec: { name: 'l16', clockRate: 8000 } },
    { codec: { name: 'l16', clockRate: 16_000 } },
  ],
])(
  'rates streams apart that differ in %s alone, and those that do not alike',
  (_what, one, other) => {
    const first = qualityOf({ ...LOSSY, ...one });
    expect(qualityOf({ ...LOSSY, ...other }).rFactor).not.toBe(first.rFactor);
    expect(qualityOf({ ...LOSSY, ...one })).toEqual(first);
  },
);
