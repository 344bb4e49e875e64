import { FULL_SCALE_DBM0 } from '../audio/index.ts';

/** Levels are measured over this time. */
export const BLOCK_MS = 10;
/** Hum and the rumble of handling lie below. */
const LOWEST_HZ = 150;
/** Below one step of 16 bits. */
const NOTHING_DBM0 = -96;

/** The level of a stream, block by block, without its hum. */
export class LevelMeter {
  private sampleRate = 0;
  private blockLength = 0;
  private decay = 0;
  private last = 0;
  private filtered = 0;
  private energy = 0;
  private filled = 0;
  private samples = new Int16Array();

  /** The samples of the block whose level is told: valid until that returns. */
  get block(): Int16Array {
    return this.samples;
  }

  /** Measures what follows; tells the level of each block that ends in it, in dBm0. */
  push(samples: Int16Array, sampleRate: number, tell: (dbm0: number) => void): void {
    if (sampleRate !== this.sampleRate) this.tune(sampleRate);
    for (const sample of samples) {
      this.filtered = this.decay * (this.filtered + sample - this.last);
      this.last = sample;
      this.energy += this.filtered * this.filtered;
      this.samples[this.filled] = sample;
      if (++this.filled < this.blockLength) continue;
      tell(dbm0Of(this.energy / this.blockLength));
      this.filled = 0;
      this.energy = 0;
    }
  }

  private tune(sampleRate: number): void {
    this.sampleRate = sampleRate;
    this.blockLength = (sampleRate * BLOCK_MS) / 1000;
    this.samples = new Int16Array(this.blockLength);
    this.decay = 1 / (1 + (2 * Math.PI * LOWEST_HZ) / sampleRate);
    this.filled = 0;
    this.energy = 0;
  }
}

/** A full-scale sine is 3.14 dBm0 (ITU-T G.711). */
function dbm0Of(meanSquare: number): number {
  if (meanSquare <= 0) return NOTHING_DBM0;
  const level = 10 * Math.log10((2 * meanSquare) / 32_767 ** 2) + FULL_SCALE_DBM0;
  return Math.max(NOTHING_DBM0, level);
}
