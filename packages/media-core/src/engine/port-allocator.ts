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

/** Even ports for RTP, each with the odd one above it for RTCP (RFC 3550 §11). */
export class PortAllocator {
  private readonly options: PortAllocatorOptions;
  /** For each pair, from when on it may be used. */
  private readonly freeAt: Float64Array;
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
    this.freeAt = new Float64Array(pairs).fill(Number.NEGATIVE_INFINITY);
    this.next = Math.floor(random.float() * pairs);
  }

  /** Pairs in use. */
  get pairsInUse(): number {
    return this.used;
  }

  /**
   * The next pair's even port, in turn from a random start.
   *
   * @throws StrowgerError `MEDIA_PORTS_EXHAUSTED` where all are in use or rest.
   */
  acquire(): number {
    const now = this.options.clock.now();
    const pairs = this.freeAt.length;
    for (let tried = 0; tried < pairs; tried++) {
      const pair = this.next;
      this.next = (pair + 1) % pairs;
      if ((this.freeAt[pair] ?? 0) > now) continue;
      this.freeAt[pair] = Number.POSITIVE_INFINITY;
      this.used++;
      return this.first + 2 * pair;
    }
    const { from, to } = this.options;
    const message = `All RTP ports from ${from} to ${to} are in use (${this.used} pairs) or rest`;
    throw new StrowgerError('MEDIA_PORTS_EXHAUSTED', message);
  }

  /** Gives a pair back: it rests before it is used again. */
  release(port: number): void {
    const pair = (port - this.first) / 2;
    if (this.freeAt[pair] !== Number.POSITIVE_INFINITY) return;
    this.freeAt[pair] = this.options.clock.now() + this.options.restMs;
    this.used--;
  }
}
