export { FilterBench } from './filter-bench.ts';
export {
  type FormattedFrame,
  type FormattedSamples,
  framesFrom,
  framesTo,
  type SampleFormat,
} from './frame-format.ts';
export { type FrameMath, frameMath } from './frame-math.ts';
export { PlainFrameMath } from './plain-frame-math.ts';
export type { ByteSource } from './byte-source.ts';
export { FetchedBytes, type FetchOptions } from './fetched-bytes.ts';
export {
  PCMA_SILENCE,
  PCMU_SILENCE,
  pcmaDecode,
  pcmaEncode,
  pcmuDecode,
  pcmuEncode,
} from './g711.ts';
export { readWav } from './read-wav.ts';
export { RateReader } from './rate-reader.ts';
export { Resampler, SAMPLE_RATES } from './resampler.ts';
export { levelDbm0, toneShare } from './tone-share.ts';
export { FULL_SCALE_DBM0, type ToneOptions, ToneSource } from './tone-source.ts';
export type { WavFormat } from './wav-format.ts';
export { WavReader, type WavReaderOptions } from './wav-reader.ts';
export { WavWriter } from './wav-writer.ts';
