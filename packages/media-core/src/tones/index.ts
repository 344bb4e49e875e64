export { type Cadence, type CadenceStep, cadence } from './cadence.ts';
export { CadenceSource } from './cadence-source.ts';
export {
  COUNTRY_TONES,
  type CountryTones,
  type ProgressToneName,
  toneOf,
} from './country-tones.ts';
export { type HeardTone, ProgressDetector, type ToneOptions } from './progress-detector.ts';
export { TONE_RATE } from './tone-meter.ts';
export { type ToneRun, ToneRuns } from './tone-runs.ts';
export { progressPatterns } from './progress-patterns.ts';
export type { ToneBlock } from './tone-meter.ts';
