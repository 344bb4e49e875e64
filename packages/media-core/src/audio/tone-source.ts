import { StrowgerError } from '@strowger/runtime';

/** A sine at this level reaches the largest sample; G.711 clips there (ITU-T G.711 §5). */
export const FULL_SCALE_DBM0 = 3.14;

/** What a `ToneSource` sounds like. */
export interface ToneOptions {
  /** One or several frequencies at once, each above 0 and below half the sample rate. */
  readonly frequencyHz: number | readonly number[];
  /** Of each frequency: −70 to 3.14, default −10. */
  readonly levelDbm0?: number;
  /** Default 8000. */
  readonly sampleRate?: number;
}

interface Oscillator {
  readonly radiansPerSample: number;
  phase: number;
}

/** An endless tone without a click between reads. */
export class ToneSource {
  readonly #amplitude: number;
  readonly #oscillators: readonly Oscillator[];
  #mix = new Float64Array(0);

  /** @throws StrowgerError `BAD_TONE` where a frequency or the level is out of range. */
  constructor({ frequencyHz, levelDbm0 = -10, sampleRate = 8000 }: ToneOptions) {
    const frequencies = typeof frequencyHz === 'number' ? [frequencyHz] : frequencyHz;
    const fits = frequencies.every((hz) => hz > 0 && hz < sampleRate / 2);
    if (!fits || frequencies.length === 0 || frequencies.length > 16) {
      throw new StrowgerError('BAD_TONE', `Frequencies must lie within 0 and ${sampleRate / 2} Hz`);
    }
    if (!(levelDbm0 >= -70 && levelDbm0 <= FULL_SCALE_DBM0)) {
      throw new StrowgerError('BAD_TONE', `Levels lie within -70 and ${FULL_SCALE_DBM0} dBm0`);
    }
    this.#amplitude = 32_767 * 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20);
    this.#oscillators = frequencies.map((hz) => ({
      radiansPerSample: (2 * Math.PI * hz) / sampleRate,
      phase: 0,
    }));
  }

  /** Fills `samples`, saturating where frequencies add up to more; returns their number. */
  read(samples: Int16Array): number {
    if (this.#mix.length !== samples.length) this.#mix = new Float64Array(samples.length);
    this.#mix.fill(0);
    for (const oscillator of this.#oscillators) addSine(this.#mix, oscillator, this.#amplitude);
    for (let i = 0; i < samples.length; i++) {
      samples[i] = Math.max(-32_768, Math.min(32_767, Math.round(this.#mix[i] ?? 0)));
    }
    return samples.length;
  }
}

/**
 * Two sines begin a block, the recurrence sin(n+1) = 2·cos(w)·sin(n) − sin(n−1) continues it: its
 * rounding errors end with the block.
 */
function addSine(mix: Float64Array, oscillator: Oscillator, amplitude: number): void {
  const { radiansPerSample: step, phase } = oscillator;
  const twice = 2 * Math.cos(step);
  let before = amplitude * Math.sin(phase - step);
  let now = amplitude * Math.sin(phase);
  for (let i = 0; i < mix.length; i++) {
    mix[i] = (mix[i] ?? 0) + now;
    const next = twice * now - before;
    before = now;
    now = next;
  }
  oscillator.phase = (phase + mix.length * step) % (2 * Math.PI);
}
