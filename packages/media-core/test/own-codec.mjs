// A codec of a program's own: PCM of 16 kHz, each byte its upper half, upside down.
export function createEncoder() {
  return {
    encode(samples, out) {
      for (let i = 0; i < samples.length; i++) out[i] = ~(samples[i] >> 8) & 0xff;
      return samples.length;
    },
  };
}

export function createDecoder() {
  return {
    samplesIn: (payload) => payload.length,
    decode(payload, out) {
      for (let i = 0; i < payload.length; i++) out[i] = ~payload[i] << 8;
      return payload.length;
    },
  };
}
