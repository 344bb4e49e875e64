import { StrowgerError } from '@strowger/runtime';
import { BLOCK_SAMPLES, FilterBench } from './filter-bench.ts';
import { frameMath } from './frame-math.ts';

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
  readonly #bench: FilterBench;
  /** Where the filters lie on the bench: one per phase, oldest sample first. */
  readonly #filters: number;
  /** The last `#taps - 1` samples of before. */
  readonly #history: Float32Array;
  /** Where the next output lies: input samples from the start of the block, and a phase. */
  #position: number;
  #phase = 0;

  /**
   * `bench` is where it is reckoned; default: one of this thread.
   *
   * @throws StrowgerError `UNSUPPORTED_SAMPLE_RATE` for rates that `SAMPLE_RATES` lacks.
   */
  constructor(fromHz: number, toHz: number, bench: FilterBench = threadBench()) {
    if (!SAMPLE_RATES.includes(fromHz) || !SAMPLE_RATES.includes(toHz)) {
      const known = SAMPLE_RATES.join(', ');
      const message = `Cannot change ${fromHz} Hz into ${toHz} Hz; rates are ${known}`;
      throw new StrowgerError('UNSUPPORTED_SAMPLE_RATE', message);
    }
    const common = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / common;
    this.#down = fromHz / common;
    this.#bench = bench;
    const nyquist = Math.min(fromHz, toHz) / 2;
    const width = ((STOP_BAND - PASS_BAND) * nyquist) / fromHz;
    this.#taps = fromHz === toHz ? 1 : 8 * Math.ceil(TAPS_PER_WIDTH / width / 8);
    const cutoff = ((STOP_BAND + PASS_BAND) * nyquist) / fromHz / 2;
    const table = (): Float32Array => filters(this.#up, this.#taps, cutoff);
    this.#filters = fromHz === toHz ? 0 : bench.table(`${fromHz}/${toHz}`, table);
    this.#history = new Float32Array(this.#taps - 1);
    this.#position = Math.floor(this.#taps / 2);
  }

  /** Takes a block of any length and returns what became due: about `length * to / from`. */
  push(block: Int16Array): Int16Array {
    if (this.#taps === 1) return block.slice();
    if (block.length <= BLOCK_SAMPLES) return this.#push(block);
    const parts: Int16Array[] = [];
    for (let at = 0; at < block.length; at += BLOCK_SAMPLES) {
      parts.push(this.#push(block.subarray(at, at + BLOCK_SAMPLES)));
    }
    return joined(parts);
  }

  /** What is still due when no more comes: output lies in time where input lay, and is as long. */
  end(): Int16Array {
    return this.push(new Int16Array(Math.floor(this.#taps / 2)));
  }

  #push(block: Int16Array): Int16Array {
    const up = this.#up;
    const down = this.#down;
    const ahead = (block.length - this.#position) * up - this.#phase;
    const count = Math.max(0, Math.ceil(ahead / down));
    const output = this.#bench.filter(block, {
      history: this.#history,
      filters: this.#filters,
      taps: this.#taps,
      up,
      down,
      position: this.#position,
      phase: this.#phase,
      count,
    });
    const phases = this.#phase + count * down;
    this.#position += Math.floor(phases / up) - block.length;
    this.#phase = phases % up;
    return output;
  }
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Of the thread: it remembers nothing but tables that are the same for all. */
let shared: FilterBench | undefined;

function threadBench(): FilterBench {
  shared ??= new FilterBench(frameMath());
  return shared;
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
