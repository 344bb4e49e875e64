import type { Clock, Random } from '@strowger/runtime';
import type { TransportLimits } from './transport-limits.ts';

/** What a verdict rests on. */
const INTERVAL_MS = 1000;
const SAMPLES = 3;
/** How the share of refused requests grows and shrinks with each interval. */
const STEP = 0.2;
const SHRINK = 0.25;
const LEAST = 0.05;
const MOST = 0.95;

/** What control needs. */
export interface OverloadOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
}

/**
 * Decides how many new requests are refused. There is too much to do where even the shortest delay
 * of a whole second is too long: a queue that stands, not one that a burst leaves behind. The share
 * grows while that lasts, and falls to none within three seconds after it.
 */
export class Overload {
  private readonly options: OverloadOptions;
  private shortest = Number.POSITIVE_INFINITY;
  private samples = 0;
  private intervalAt = 0;
  private refused = 0;

  constructor(options: OverloadOptions) {
    this.options = options;
  }

  /** The share of new requests that are refused, from 0 to 1. */
  get share(): number {
    this.endIntervals();
    return this.refused;
  }

  /** Takes a measured delay. */
  sample(delayMs: number): void {
    this.endIntervals();
    this.shortest = Math.min(this.shortest, delayMs);
    this.samples++;
  }

  /** Whether this one is refused. */
  refuses(): boolean {
    const { share } = this;
    return share > 0 && this.options.random.float() < share;
  }

  private endIntervals(): void {
    const now = this.options.clock.now();
    let ended = Math.floor((now - this.intervalAt) / INTERVAL_MS);
    if (ended <= 0) return;
    const { overloadDelayMs } = this.options.limits;
    const { shortest, samples } = this;
    this.intervalAt = now;
    this.shortest = Number.POSITIVE_INFINITY;
    this.samples = 0;
    if (overloadDelayMs > 0 && samples >= SAMPLES && shortest > overloadDelayMs) {
      const isFar = shortest > 2 * overloadDelayMs;
      this.refused = Math.min(MOST, this.refused + (isFar ? 2 * STEP : STEP));
      ended--;
    }
    if (ended > 0) this.refused *= SHRINK ** ended;
    if (this.refused < LEAST) this.refused = 0;
  }
}
