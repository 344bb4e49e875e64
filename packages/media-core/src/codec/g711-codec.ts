import { pcmaDecode, pcmaEncode, pcmuDecode, pcmuEncode } from '../audio/g711.ts';
import type { CodecFactory } from './audio-codec.ts';

/** PCMU (RFC 3551 §4.5.14): a byte per sample. */
export const pcmu: CodecFactory = byteCodec(pcmuEncode, pcmuDecode);

/** PCMA (RFC 3551 §4.5.14): a byte per sample. */
export const pcma: CodecFactory = byteCodec(pcmaEncode, pcmaDecode);

function byteCodec(encode: typeof pcmuEncode, decode: typeof pcmuDecode): CodecFactory {
  const encoder = {
    encode(samples: Int16Array, out: Uint8Array): number {
      encode(samples, out);
      return samples.length;
    },
  };
  const decoder = {
    samplesIn: (payload: Uint8Array): number => payload.length,
    decode(payload: Uint8Array, out: Int16Array): number {
      decode(payload, out);
      return payload.length;
    },
  };
  // they remember nothing, so all streams share them
  return { createEncoder: () => encoder, createDecoder: () => decoder };
}
