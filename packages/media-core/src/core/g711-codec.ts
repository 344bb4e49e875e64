import {
  PCMA_SILENCE,
  PCMU_SILENCE,
  pcmaDecode,
  pcmaEncode,
  pcmuDecode,
  pcmuEncode,
} from '../audio/index.ts';

/** A codec with a byte per sample at 8000 Hz. */
export interface ByteCodec {
  encode(samples: Int16Array, out: Uint8Array): unknown;
  decode(bytes: Uint8Array, out: Int16Array): unknown;
  /** The byte that stands for silence. */
  readonly silence: number;
}

/** The codecs that are decoded here, by encoding name. */
export const BYTE_CODECS: { readonly [name: string]: ByteCodec } = {
  pcmu: { encode: pcmuEncode, decode: pcmuDecode, silence: PCMU_SILENCE },
  pcma: { encode: pcmaEncode, decode: pcmaDecode, silence: PCMA_SILENCE },
};
