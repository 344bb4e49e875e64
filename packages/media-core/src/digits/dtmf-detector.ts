import { COLUMNS_HZ, digitAt, ROWS_HZ } from './dtmf.ts';
import { Goertzel } from './goertzel.ts';

/** Length of a block: its bands are 78 Hz wide, and two of them fit into the shortest digit. */
const BLOCK_MS = 12.75;
/** A digit is one from its second block on, so that 25 ms of it always are. */
const BLOCKS_TO_BEGIN = 2;
/** It has ended after so many blocks without it: a dropout of 10 ms may spoil two. */
const BLOCKS_TO_END = 3;
/** The weaker of both tones, squared amplitude: −31 dBm0. */
const LEAST_POWER = ((32_767 * 10 ** ((-31 - 3.14) / 20)) / 2) ** 2;
/** How much stronger the columns' tone may be than the rows', and the other way round (Q.24). */
const TWIST = 10 ** 0.4;
const REVERSE_TWIST = 10 ** 0.8;
/** By how much each tone stands out of its own group: 8 dB. */
const STANDS_OUT = 10 ** 0.8;
/**
 * Both tones hold this share of everything: speech has more beside them. 1633 Hz that is 1.5 % off
 * leaves so much in its band.
 */
const LEAST_SHARE = 0.78;

/** Whom a detector tells. */
export interface DtmfListener {
  /** A digit has begun, some 25 ms ago. */
  onBegin?(): void;
  /** It has ended. */
  onDigit(digit: string, durationMs: number): void;
}

/**
 * Hears digits in audio (DTMF, ITU-T Q.23) within the bounds of Q.24: from 40 ms on with pauses from
 * 40 ms on (and nothing below 19 ms), up to 1.5 % off their frequency and nothing from 3.5 % on, from
 * −31 dBm0 per tone, with 8 dB more in the rows or 4 dB more in the columns. Duration is told in
 * steps of 13 ms.
 */
export class DtmfDetector {
  private readonly listener: DtmfListener;
  private readonly blockLength: number;
  private readonly rows: readonly Goertzel[];
  private readonly columns: readonly Goertzel[];
  private filled = 0;
  private energy = 0;
  private candidate = '';
  private digit = '';
  /** Blocks in a row that hold the candidate, that the digit lasts, and since it was there. */
  private hits = 0;
  private lasted = 0;
  private misses = 0;

  constructor(sampleRate: number, listener: DtmfListener) {
    this.listener = listener;
    this.blockLength = Math.round((BLOCK_MS * sampleRate) / 1000);
    this.rows = ROWS_HZ.map((hz) => new Goertzel(hz, sampleRate));
    this.columns = COLUMNS_HZ.map((hz) => new Goertzel(hz, sampleRate));
  }

  /** Whether a digit sounds now. */
  get isOn(): boolean {
    return this.digit !== '';
  }

  /** Hears what follows. */
  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.energy += sample * sample;
      for (const band of this.rows) band.push(sample);
      for (const band of this.columns) band.push(sample);
      if (++this.filled === this.blockLength) this.endBlock();
    }
  }

  /** The audio ends: so does a digit that sounds. */
  end(): void {
    if (this.digit !== '') this.finish();
    this.candidate = '';
    this.hits = 0;
  }

  private endBlock(): void {
    const found = this.judge();
    this.filled = 0;
    this.energy = 0;
    this.hits = found !== '' && found === this.candidate ? this.hits + 1 : 1;
    this.candidate = found;
    if (this.digit !== '') this.follow(found);
    else if (found !== '' && this.hits >= BLOCKS_TO_BEGIN) this.begin(found);
  }

  private begin(digit: string): void {
    this.digit = digit;
    this.lasted = this.hits;
    this.misses = 0;
    this.listener.onBegin?.();
  }

  private follow(found: string): void {
    if (found === this.digit) {
      this.lasted += this.misses + 1;
      this.misses = 0;
      return;
    }
    this.misses++;
    if (this.misses < BLOCKS_TO_END) return;
    this.finish();
    if (found !== '' && this.hits >= BLOCKS_TO_BEGIN) this.begin(found);
  }

  private finish(): void {
    const { digit, lasted } = this;
    this.digit = '';
    this.listener.onDigit(digit, Math.round(lasted * BLOCK_MS));
  }

  /** The digit of a block, or nothing. */
  private judge(): string {
    const length = this.blockLength;
    const rows = this.rows.map((band) => band.take(length));
    const columns = this.columns.map((band) => band.take(length));
    const row = strongest(rows);
    const column = strongest(columns);
    const low = rows[row] ?? 0;
    const high = columns[column] ?? 0;
    if (low < LEAST_POWER || high < LEAST_POWER) return '';
    if (high > low * TWIST || low > high * REVERSE_TWIST) return '';
    if (!standsOut(rows, row) || !standsOut(columns, column)) return '';
    // a sine's mean square is twice the power of its band
    if (2 * (low + high) < (LEAST_SHARE * this.energy) / length) return '';
    return digitAt(row, column);
  }
}

function strongest(powers: readonly number[]): number {
  return powers.indexOf(Math.max(...powers));
}

function standsOut(powers: readonly number[], at: number): boolean {
  const power = powers[at] ?? 0;
  return powers.every((other, index) => index === at || power > other * STANDS_OUT);
}
