import type { Clock } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';
import { sourceKey } from './source-key.ts';
import { fullBucket, takeToken, type TokenBucket } from './token-bucket.ts';

/**
 * A token bucket per source: each may do `perSecond` things a second, and as many at once. A source
 * is an IPv4 address or an IPv6 /64; one that is forgotten because the table is full starts with a
 * full bucket.
 */
export class Admission {
  private readonly clock: Clock;
  private readonly perSecond: number;
  private readonly buckets: BoundedTable<string, TokenBucket>;

  /** @param perSecond 0 admits everything. */
  constructor(clock: Clock, perSecond: number, sources: number) {
    this.clock = clock;
    this.perSecond = perSecond;
    this.buckets = new BoundedTable(sources);
  }

  /** How many sources are kept account of. */
  get sources(): number {
    return this.buckets.size;
  }

  /** Takes one token from the source; false when it has none left. */
  admits(source: string): boolean {
    const { perSecond } = this;
    if (perSecond === 0) return true;
    const now = this.clock.now();
    const key = sourceKey(source);
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = fullBucket(perSecond, now);
      this.buckets.set(key, bucket);
    }
    return takeToken(bucket, { now, perSecond, burst: perSecond });
  }

  /** Forgets all sources. */
  clear(): void {
    this.buckets.clear();
  }
}
