import type { AudioDecoder, AudioEncoder, CodecFactory } from './audio-codec.ts';

/** L16 (RFC 3551 §4.5.11): PCM in network order; several channels come interleaved. */
export const l16: CodecFactory = {
  createEncoder: ({ channels }) => encoder(channels),
  createDecoder: ({ channels }) => decoder(channels),
};

function encoder(channels: number): AudioEncoder {
  return {
    encode(samples, out) {
      let at = 0;
      for (let i = 0; i < samples.length; i++) {
        const sample = samples[i] as number; // in range
        for (let channel = 0; channel < channels; channel++) {
          out[at++] = sample >> 8;
          out[at++] = sample & 0xff;
        }
      }
      return at;
    },
  };
}

/** All channels are heard as one. */
function decoder(channels: number): AudioDecoder {
  const samplesIn = (payload: Uint8Array): number => Math.floor(payload.length / (2 * channels));
  return {
    samplesIn,
    decode(payload, out) {
      const count = samplesIn(payload);
      let at = 0;
      for (let i = 0; i < count; i++) {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) {
          // in range: `count` was made of the length
          sum += (((payload[at++] as number) << 24) >> 16) | (payload[at++] as number);
        }
        out[i] = sum / channels;
      }
      return count;
    },
  };
}
