import type { CodecFactory } from './audio-codec.ts';
import { G722Decoder, G722Encoder } from './g722.ts';

/** G.722 at 64 kbit/s (RFC 3551 §4.5.2): 16 000 samples a second, though RTP's clock says 8000. */
export const g722: CodecFactory = {
  createEncoder: () => new G722Encoder(),
  createDecoder() {
    const decoder = new G722Decoder();
    return {
      samplesIn: (payload) => 2 * payload.length,
      decode: (payload, out) => decoder.decode(payload, out),
    };
  },
};
