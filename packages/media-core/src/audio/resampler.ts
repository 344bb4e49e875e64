import { StrowgerError } from '@strowger/runtime';

/** Sample rates that can be changed into each other. */
export const SAMPLE_RATES: readonly number[] = [
  8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];

/** Kaiser's shape for a stop band 60 dB down, and the taps that this costs per unit of width. */
const KAISER_BETA = 5.65;
const TAPS_PER_WIDTH = (60 - 8) / (2.285 * 2 * Math.PI);
/** The band is kept to this share of the lower Nyquist frequency and gone at the other one. */
const PASS_BAND = 0.85;
const STOP_BAND = 1.05;

/**
 * Changes the sample rate of a mono stream: a windowed-sinc low-pass at 85 % of the lower Nyquist
 * frequency, evaluated only where a sample is due (polyphase). For 8000 Hz that is flat to 3400 Hz,
 * and what folds back above 3800 Hz is 60 dB down. State runs on from one call to the next.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  /** One filter per phase, `#taps` long, oldest sample first. */
  readonly #phases: Float32Array;
  /** The last `#taps - 1` samples of before, and room for a block behind them. */
  #history: Float32Array;
  /** Where the next output lies: input samples from the start of the block, and a phase. */
  #position: number;
  #phase = 0;

  /** @throws StrowgerError `UNSUPPORTED_SAMPLE_RATE` for rates that `SAMPLE_RATES` lacks. */
  constructor(fromHz: number, toHz: number) {
    if (!SAMPLE_RATES.includes(fromHz) || !SAMPLE_RATES.includes(toHz)) {
      const known = SAMPLE_RATES.join(', ');
      const message = `Cannot change ${fromHz} Hz into ${toHz} Hz; rates are ${known}`;
      throw new StrowgerError('UNSUPPORTED_SAMPLE_RATE', message);
    }
    const common = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / common;
    this.#down = fromHz / common;
    const nyquist = Math.min(fromHz, toHz) / 2;
    const width = ((STOP_BAND - PASS_BAND) * nyquist) / fromHz;
    this.#taps = fromHz === toHz ? 1 : 2 * Math.ceil(TAPS_PER_WIDTH / width / 2);
    const cutoff = ((STOP_BAND + PASS_BAND) * nyquist) / fromHz / 2;
    this.#phases = fromHz === toHz ? Float32Array.of(1) : filters(this.#up, this.#taps, cutoff);
    this.#history = new Float32Array(this.#taps - 1);
    this.#position = Math.floor(this.#taps / 2);
  }

  /** Takes a block of any length and returns what became due: about `length * to / from`. */
  push(block: Int16Array): Int16Array {
    const taps = this.#taps;
    const input = new Float32Array(taps - 1 + block.length);
    input.set(this.#history);
    input.set(block, taps - 1);
    const due = Math.ceil(((block.length - this.#position) * this.#up - this.#phase) / this.#down);
    const output = new Int16Array(Math.max(0, due));
    for (let i = 0; i < output.length; i++) {
      output[i] = this.#sample(input);
      this.#phase += this.#down;
      this.#position += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    this.#position -= block.length;
    this.#history = input.slice(block.length);
    return output;
  }

  /** What is still due when no more comes: output lies in time where input lay, and is as long. */
  end(): Int16Array {
    return this.push(new Int16Array(Math.floor(this.#taps / 2)));
  }

  #sample(input: Float32Array): number {
    const taps = this.#taps;
    const filter = this.#phase * taps;
    const from = this.#position;
    const phases = this.#phases;
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += (phases[filter + k] ?? 0) * (input[from + k] ?? 0);
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
}

/** One filter for each fraction of an input sample; each sums to one, so that levels are kept. */
function filters(phases: number, taps: number, cutoff: number): Float32Array {
  const table = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    const center = taps / 2 - 1 + phase / phases;
    const row = Array.from({ length: taps }, (_, k) => {
      const x = k - center;
      return sinc(2 * cutoff * x) * kaiser((2 * x) / taps);
    });
    const sum = row.reduce((a, b) => a + b, 0);
    table.set(
      row.map((weight) => weight / sum),
      phase * taps,
    );
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return bessel(KAISER_BETA * Math.sqrt(Math.max(0, 1 - x * x))) / bessel(KAISER_BETA);
}

/** The modified Bessel function of order zero, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
