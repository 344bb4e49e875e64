export { type CodecImpairment, codecImpairment } from './codec-impairment.ts';
export {
  type EModelParameters,
  eModelRating,
  G107_DEFAULTS,
  mosOfRating,
  mosOfWidebandRating,
  widebandRating,
} from './e-model.ts';
export { type BurstMetrics, GAP_THRESHOLD, LossBursts } from './loss-bursts.ts';
export {
  DEFAULT_THRESHOLDS,
  type QualityLevel,
  QualityLevels,
  type QualityThresholds,
} from './quality-level.ts';
export { type QualityInput, type QualityMetrics, qualityOf } from './quality-metrics.ts';
export { QualityMonitor, type StreamNow } from './quality-monitor.ts';
