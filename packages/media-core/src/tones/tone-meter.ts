import { FULL_SCALE_DBM0 } from '../audio/index.ts';

/** What is measured at once. */
export const TONE_BLOCK_MS = 10;
/** Of what it hears: others are brought to it first. */
export const TONE_RATE = 8000;
const BLOCK = (TONE_BLOCK_MS * TONE_RATE) / 1000;
/** So much of a tone may be anything else (−17 dB): two frequencies at once leave less. */
const LEAST_PURITY = 0.02;
/** Nothing softer is looked at. */
const LEAST_DBM0 = -42;
const NOTHING_DBM0 = -96;

/** What ten milliseconds sound like; one object that is used again and again. */
export interface ToneBlock {
  dbm0: number;
  /** Of the tone, or the middle of two that sound at once; 0: there is no tone. */
  hz: number;
  /** Too soft to be anything. */
  isSilent: boolean;
}

/**
 * Finds tones of any frequency. For a sine, each sample and the next but one add up to the one
 * between them times 2·cos(w): that factor is fitted, and what it leaves unexplained tells a tone
 * from everything else.
 */
export class ToneMeter {
  private readonly block: ToneBlock = { dbm0: NOTHING_DBM0, hz: 0, isSilent: true };
  private last = 0;
  private beforeLast = 0;
  private filled = 0;
  private energy = 0;
  private sums = 0;
  private products = 0;

  /** Measures samples at `TONE_RATE`; tells each block that ends in them. */
  push(samples: Int16Array, tell: (block: Readonly<ToneBlock>) => void): void {
    for (const sample of samples) {
      const sum = sample + this.beforeLast;
      this.energy += this.last * this.last;
      this.sums += sum * sum;
      this.products += sum * this.last;
      this.beforeLast = this.last;
      this.last = sample;
      if (++this.filled < BLOCK) continue;
      this.judge();
      tell(this.block);
    }
  }

  private judge(): void {
    const { block, energy, sums, products } = this;
    this.filled = 0;
    this.energy = 0;
    this.sums = 0;
    this.products = 0;
    block.dbm0 =
      energy === 0
        ? NOTHING_DBM0
        : 10 * Math.log10((2 * energy) / BLOCK / 32_767 ** 2) + FULL_SCALE_DBM0;
    block.isSilent = block.dbm0 < LEAST_DBM0;
    block.hz = 0;
    if (block.isSilent || sums === 0) return;
    const unexplained = 1 - (products * products) / (energy * sums);
    if (unexplained > LEAST_PURITY) return;
    const cosine = products / energy / 2;
    if (Math.abs(cosine) >= 1) return;
    block.hz = (Math.acos(cosine) * TONE_RATE) / (2 * Math.PI);
  }
}
