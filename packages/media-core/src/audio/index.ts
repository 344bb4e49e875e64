export {
  PCMA_SILENCE,
  PCMU_SILENCE,
  pcmaDecode,
  pcmaEncode,
  pcmuDecode,
  pcmuEncode,
} from './g711.ts';
export { levelDbm0, toneShare } from './tone-share.ts';
export { FULL_SCALE_DBM0, type ToneOptions, ToneSource } from './tone-source.ts';
