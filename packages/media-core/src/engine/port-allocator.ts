import { type Clock, type Random, StrowgerError } from '@strowger/runtime';

/** What ports may be used. */
export interface PortAllocatorOptions {
  /** First and last port, 1024–65535; pairs that lie within count. */
  from: number;
  to: number;
  /** How long a pair rests after its use, so that stray packets of one call miss the next. */
  restMs: number;
  clock: Clock;
  random: Random;
}

/** Of all pairs, the share that is left to calls which have begun: new ones are refused before. */
const RESERVED_SHARE = 0.02;

/** Even ports for RTP, each with the odd one above it for RTCP (RFC 3550 §11). */
export class PortAllocator {
  private readonly options: PortAllocatorOptions;
  /** For each pair, from when on it may be used. */
  private readonly freeAt: Float64Array;
  private readonly reserved: number;
  /** When each pair that rests has done so, the earliest first. */
  private readonly resting: number[] = [];
  private readonly first: number;
  private next: number;
  private used = 0;

  /** @throws StrowgerError `MEDIA_BAD_PORTS` where the range holds no pair. */
  constructor(options: PortAllocatorOptions) {
    const { from, to, random } = options;
    this.options = options;
    this.first = from + (from % 2);
    const pairs = Math.floor((to - this.first + 1) / 2);
    const areIntegers = Number.isInteger(from) && Number.isInteger(to);
    if (!areIntegers || from < 1 || to > 65_535 || pairs < 1) {
      throw new StrowgerError('MEDIA_BAD_PORTS', `Ports ${from} to ${to} hold no pair`);
    }
    this.reserved = Math.floor(pairs * RESERVED_SHARE);
    this.freeAt = new Float64Array(pairs).fill(Number.NEGATIVE_INFINITY);
    this.next = Math.floor(random.float() * pairs);
  }

  /** Pairs in use. */
  get pairsInUse(): number {
    return this.used;
  }

  /**
   * The next pair's even port, in turn from a random start. What belongs to a call that has ports
   * already may have the last 2 % too.
   *
   * @throws StrowgerError `MEDIA_PORTS_EXHAUSTED` where all others are in use or rest.
   */
  acquire(whose: 'newCall' | 'call' = 'newCall'): number {
    const now = this.options.clock.now();
    const pairs = this.freeAt.length;
    if (whose === 'newCall' && this.free(now) <= this.reserved) throw this.exhausted();
    for (let tried = 0; tried < pairs; tried++) {
      const pair = this.next;
      this.next = (pair + 1) % pairs;
      if ((this.freeAt[pair] ?? 0) > now) continue;
      this.freeAt[pair] = Number.POSITIVE_INFINITY;
      this.used++;
      return this.first + 2 * pair;
    }
    throw this.exhausted();
  }

  /** Gives a pair back: it rests before it is used again. */
  release(port: number): void {
    const pair = (port - this.first) / 2;
    if (this.freeAt[pair] !== Number.POSITIVE_INFINITY) return;
    const restedAt = this.options.clock.now() + this.options.restMs;
    this.freeAt[pair] = restedAt;
    this.resting.push(restedAt);
    this.used--;
  }

  private free(now: number): number {
    const { resting } = this;
    const rested = resting.findIndex((at) => at > now);
    resting.splice(0, rested < 0 ? resting.length : rested);
    return this.freeAt.length - this.used - resting.length;
  }

  private exhausted(): StrowgerError {
    const { from, to } = this.options;
    const message = `All RTP ports from ${from} to ${to} are in use (${this.used} pairs) or rest`;
    return new StrowgerError('MEDIA_PORTS_EXHAUSTED', message);
  }
}
