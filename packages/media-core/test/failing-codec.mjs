// A codec of a program's own that bears what comes for a while: each tenth frame breaks it.
export function createEncoder() {
  return {
    encode: (samples, out) => {
      for (let i = 0; i < samples.length; i++) out[i] = samples[i] >> 8;
      return samples.length;
    },
  };
}

export function createDecoder() {
  let frames = 0;
  return {
    samplesIn: (payload) => payload.length,
    decode(payload, out) {
      frames++;
      if (frames === 10) throw new RangeError('the tenth frame');
      out.fill(0, 0, payload.length);
      return payload.length;
    },
  };
}
