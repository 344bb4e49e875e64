import type { Clock } from '@strowger/runtime';
import { BoundedTable } from './bounded-table.ts';

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A token bucket per source: each may do `perSecond` things a second, and as many at once. A source
 * that is forgotten because the table is full starts with a full bucket.
 */
export class Admission {
  private readonly clock: Clock;
  private readonly perSecond: number;
  private readonly buckets: BoundedTable<string, Bucket>;

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
    if (this.perSecond === 0) return true;
    const now = this.clock.now();
    const bucket = this.buckets.get(source) ?? { tokens: this.perSecond, at: now };
    const grown = bucket.tokens + ((now - bucket.at) * this.perSecond) / 1000;
    const tokens = Math.min(this.perSecond, grown);
    const admitted = tokens >= 1;
    this.buckets.set(source, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted;
  }

  /** Forgets all sources. */
  clear(): void {
    this.buckets.clear();
  }
}
