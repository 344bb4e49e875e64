import type { VoipMetrics } from '../rtp/voip-metrics.ts';
import { GAP_THRESHOLD } from './loss-bursts.ts';
import type { QualityMetrics } from './quality-metrics.ts';

/** The jitter buffer of whoever reports; absent where nothing is played. */
export interface ReportedBuffer {
  readonly targetMs: number;
  readonly minimumMs: number;
  readonly maximumMs: number;
}

/** The highest that the field holds (RFC 3611 §4.7.5): wideband ratings, up to 129, are cut to it. */
const RATING_LIMIT = 100;

/** Metrics of a stream as an extended report has them (RFC 3611 §4.7). */
export function voipReport(
  ssrc: number,
  metrics: QualityMetrics,
  buffer: ReportedBuffer | undefined,
): VoipMetrics {
  const { bursts, roundTripMs = 0 } = metrics;
  const { targetMs = 0, maximumMs = 0 } = buffer ?? {};
  return {
    ssrc,
    lossRate: metrics.lossRate,
    discardRate: metrics.discardRate,
    burstDensity: bursts.burstDensity,
    gapDensity: bursts.gapDensity,
    burstDurationMs: bursts.burstDurationMs,
    gapDurationMs: bursts.gapDurationMs,
    roundTripMs,
    endSystemDelayMs: metrics.delayMs - roundTripMs / 2,
    gapThreshold: GAP_THRESHOLD,
    rFactor: Math.min(RATING_LIMIT, metrics.rFactor),
    listeningMos: metrics.listeningMos,
    conversationalMos: metrics.mos,
    concealment: buffer === undefined ? 'disabled' : 'standard',
    jitterBuffer: kindOf(buffer),
    jitterBufferNominalMs: targetMs,
    jitterBufferMaximumMs: maximumMs,
    jitterBufferAbsoluteMaximumMs: maximumMs,
  };
}

function kindOf(buffer: ReportedBuffer | undefined): VoipMetrics['jitterBuffer'] {
  if (buffer === undefined) return 'unknown';
  return buffer.minimumMs === buffer.maximumMs ? 'nonAdaptive' : 'adaptive';
}
