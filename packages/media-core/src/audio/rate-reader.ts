import { Resampler } from './resampler.ts';

/** What is taken of a source at once, in milliseconds. */
const BLOCK_MS = 10;

/** Reads a source of one rate at another; what a source fills short is its end. */
export class RateReader {
  readonly #source: (out: Int16Array) => number;
  readonly #resampler: Resampler;
  readonly #block: Int16Array;
  #ready: Int16Array = new Int16Array(0);
  #at = 0;
  #ended = false;

  /** @throws StrowgerError `UNSUPPORTED_SAMPLE_RATE` for rates that `SAMPLE_RATES` lacks. */
  constructor(source: (out: Int16Array) => number, fromHz: number, toHz: number) {
    this.#source = source;
    this.#resampler = new Resampler(fromHz, toHz);
    this.#block = new Int16Array(Math.round((fromHz * BLOCK_MS) / 1000));
  }

  /** Fills `out`; fewer than asked only at the end. */
  read(out: Int16Array): number {
    let filled = 0;
    while (filled < out.length) {
      if (this.#at === this.#ready.length && !this.#refill()) break;
      const part = this.#ready.subarray(this.#at, this.#at + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    return filled;
  }

  #refill(): boolean {
    if (this.#ended) return false;
    const count = this.#source(this.#block);
    this.#at = 0;
    this.#ready = this.#resampler.push(this.#block.subarray(0, count));
    if (count === this.#block.length) return true;
    this.#ended = true;
    const last = this.#resampler.end();
    const both = new Int16Array(this.#ready.length + last.length);
    both.set(this.#ready);
    both.set(last, this.#ready.length);
    this.#ready = both;
    return true;
  }
}
