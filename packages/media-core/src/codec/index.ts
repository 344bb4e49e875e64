export type {
  AudioDecoder,
  AudioEncoder,
  CodecDefinition,
  CodecFactory,
  CodecSession,
} from './audio-codec.ts';
export { G722Decoder, G722Encoder } from './g722.ts';
