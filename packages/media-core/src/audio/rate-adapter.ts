import { Resampler } from './resampler.ts';

/** Brings frames of any rate to one; made anew where the rate changes between two frames. */
export class RateAdapter {
  readonly #sampleRate: number;
  #resampler: Resampler | undefined;
  #from: number;

  /** @param sampleRate what frames are brought to. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
    this.#from = sampleRate;
  }

  /** The frame's own samples where it has the rate already. Throws `UNSUPPORTED_SAMPLE_RATE`. */
  adapt({ samples, sampleRate }: { samples: Int16Array; sampleRate: number }): Int16Array {
    if (sampleRate !== this.#from) {
      const isSame = sampleRate === this.#sampleRate;
      this.#resampler = isSame ? undefined : new Resampler(sampleRate, this.#sampleRate);
      this.#from = sampleRate;
    }
    return this.#resampler?.push(samples) ?? samples;
  }

  /** What the last frames have left. */
  end(): Int16Array {
    return this.#resampler?.end() ?? new Int16Array(0);
  }
}
