/**
 * Goertzel's algorithm over blocks: the power at one frequency. For a sine of amplitude `a` that
 * fills the block it is `(a / 2)²`.
 */
export class Goertzel {
  private readonly coefficient: number;
  private last = 0;
  private beforeLast = 0;

  constructor(frequencyHz: number, sampleRate: number) {
    this.coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
  }

  push(sample: number): void {
    const next = sample + this.coefficient * this.last - this.beforeLast;
    this.beforeLast = this.last;
    this.last = next;
  }

  /** The power in the block of so many samples that ends here; the next one begins. */
  take(samples: number): number {
    const { last, beforeLast, coefficient } = this;
    this.last = 0;
    this.beforeLast = 0;
    const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
    return Math.max(0, power) / (samples * samples);
  }
}
