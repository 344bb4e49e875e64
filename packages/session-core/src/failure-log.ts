import type { Clock } from '@strowger/runtime';

/** Addresses that are remembered at the same time; the oldest are forgotten first. */
const LIMIT = 10_000;

/** @internal Who failed how often, lately. */
export class FailureLog {
  private readonly clock: Clock;
  private readonly max: number;
  private readonly withinMs: number;
  private readonly byAddress = new Map<string, { count: number; until: number }>();

  constructor(clock: Clock, max: number, withinMs: number) {
    this.clock = clock;
    this.max = max;
    this.withinMs = withinMs;
  }

  /** How much longer nothing from there is looked at, in milliseconds; 0 where it is. */
  lockedFor(address: string): number {
    const entry = this.byAddress.get(address);
    if (entry === undefined || entry.count < this.max) return 0;
    return Math.max(0, entry.until - this.clock.now());
  }

  /** True where this failure was the one too many. */
  fails(address: string): boolean {
    const now = this.clock.now();
    const entry = this.byAddress.get(address);
    const count = entry === undefined || entry.until <= now ? 1 : entry.count + 1;
    this.byAddress.delete(address); // what failed last is forgotten last
    this.byAddress.set(address, { count, until: now + this.withinMs });
    if (this.byAddress.size > LIMIT) {
      for (const oldest of this.byAddress.keys()) {
        this.byAddress.delete(oldest);
        break;
      }
    }
    return count === this.max;
  }

  succeeds(address: string): void {
    this.byAddress.delete(address);
  }
}
