import type { Clock } from '@strowger/runtime';

/** How many wrong passwords are borne. */
export interface FailureLimits {
  /** Failures of one user name from one address within the window, before it is shut out. */
  readonly failures: number;
  /** Milliseconds that failures are remembered, and that a shut-out lasts. */
  readonly windowMs: number;
  /** Pairs of address and user name that are remembered; the oldest make room. */
  readonly entries: number;
}

/** Who failed to authenticate, from where, how often: slows down the guessing of passwords. */
export class FailureTable {
  private readonly clock: Clock;
  private readonly limits: FailureLimits;
  private readonly entries = new Map<string, { failures: number; until: number }>();

  constructor(clock: Clock, limits: FailureLimits) {
    this.clock = clock;
    this.limits = limits;
  }

  /** Milliseconds for which this user name is shut out at this address; 0 when it is not. */
  shutOutMs(address: string, username: string): number {
    const entry = this.live(keyOf(address, username));
    if (entry === undefined || entry.failures < this.limits.failures) return 0;
    return entry.until - this.clock.now();
  }

  failed(address: string, username: string): void {
    const key = keyOf(address, username);
    const failures = (this.live(key)?.failures ?? 0) + 1;
    this.entries.delete(key); // so that it becomes the youngest
    this.entries.set(key, { failures, until: this.clock.now() + this.limits.windowMs });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.limits.entries) break;
      this.entries.delete(oldest);
    }
  }

  succeeded(address: string, username: string): void {
    this.entries.delete(keyOf(address, username));
  }

  /** How many pairs are remembered. */
  get size(): number {
    return this.entries.size;
  }

  private live(key: string): { failures: number; until: number } | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.until > this.clock.now()) return entry;
    this.entries.delete(key);
    return undefined;
  }
}

function keyOf(address: string, username: string): string {
  return `${address} ${username.slice(0, 128)}`;
}
