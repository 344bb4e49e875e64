import type { Clock } from '@strowger/runtime';

/** How many wrong passwords are borne. */
export interface FailureLimits {
  /** Failures of one user name from one address within the window, before it is shut out there. */
  readonly failures: number;
  /**
   * Failures of one user name from all addresses within the window: then it is heard only where it
   * has proven itself before, or is registered from.
   */
  readonly failuresPerUser: number;
  /** Milliseconds that failures are remembered, and that a first shut-out lasts. */
  readonly windowMs: number;
  /** Each shut-out lasts twice as long as the one before, and so long at most. */
  readonly longestMs: number;
  /** Names that are remembered for each of these; the oldest make room. */
  readonly entries: number;
}

interface Entry {
  failures: number;
  /** Until then its failures are counted. */
  countsUntil: number;
  shutOutUntil: number;
  /** What the next shut-out will last. */
  nextMs: number;
}

/** What is remembered of each key. */
export interface FailureTableLimits
  extends Pick<FailureLimits, 'failures' | 'windowMs' | 'longestMs' | 'entries'> {}

/** Who failed how often, and is shut out for it, longer each time. */
export class FailureTable {
  private readonly clock: Clock;
  private readonly limits: FailureTableLimits;
  private readonly entries = new Map<string, Entry>();

  constructor(clock: Clock, limits: FailureTableLimits) {
    this.clock = clock;
    this.limits = limits;
  }

  /** Milliseconds for which this one is shut out; 0 when it is not. */
  shutOutMs(key: string): number {
    const entry = this.live(key);
    return entry === undefined ? 0 : Math.max(0, entry.shutOutUntil - this.clock.now());
  }

  failed(key: string): void {
    const now = this.clock.now();
    const { failures, windowMs, longestMs, entries } = this.limits;
    const entry = this.live(key) ?? newEntry(windowMs);
    if (now >= entry.countsUntil) entry.failures = 0;
    entry.failures++;
    entry.countsUntil = now + windowMs;
    if (entry.failures >= failures) {
      entry.failures = 0;
      entry.shutOutUntil = now + entry.nextMs;
      entry.nextMs = Math.min(2 * entry.nextMs, longestMs);
    }
    this.entries.delete(key); // so that it becomes the youngest
    this.entries.set(key, entry);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= entries) break;
      this.entries.delete(oldest);
    }
  }

  succeeded(key: string): void {
    this.entries.delete(key);
  }

  /** How many are remembered. */
  get size(): number {
    return this.entries.size;
  }

  private live(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    const { countsUntil, shutOutUntil } = entry;
    const { longestMs } = this.limits;
    const forgottenAt = shutOutUntil === 0 ? countsUntil : shutOutUntil + longestMs;
    if (forgottenAt > this.clock.now()) return entry;
    this.entries.delete(key);
    return undefined;
  }
}

function newEntry(windowMs: number): Entry {
  return { failures: 0, countsUntil: 0, shutOutUntil: 0, nextMs: windowMs };
}
