import type { Clock } from '@strowger/runtime';

/** Places that are remembered at the same time; the oldest are forgotten first. */
const LIMIT = 10_000;
/** Of a user name that somebody claims. */
const LONGEST_NAME = 128;

/** @internal Who failed how often, lately: counted for each place, and kept for each user name. */
export class FailureLog {
  private readonly clock: Clock;
  private readonly max: number;
  private readonly withinMs: number;
  private readonly places = new Map<string, Failures>();

  constructor(clock: Clock, max: number, withinMs: number) {
    this.clock = clock;
    this.max = max;
    this.withinMs = withinMs;
  }

  /** How much longer nothing from there is looked at, in milliseconds; 0 where it is. */
  lockedFor(place: string): number {
    const failures = this.places.get(place);
    if (failures === undefined || sumOf(failures) < this.max) return 0;
    return Math.max(0, failures.until - this.clock.now());
  }

  /** True where this failure was the one too many. */
  fails(place: string, username: string): boolean {
    const now = this.clock.now();
    const before = this.places.get(place);
    const counts =
      before === undefined || before.until <= now ? new Map<string, number>() : before.counts;
    const failures = { counts, until: now + this.withinMs };
    this.places.delete(place); // what failed last is forgotten last
    this.places.set(place, failures);
    if (this.places.size > LIMIT) {
      for (const oldest of this.places.keys()) {
        this.places.delete(oldest);
        break;
      }
    }
    if (sumOf(failures) >= this.max) return false; // so many names are kept at most
    const name = username.slice(0, LONGEST_NAME);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return sumOf(failures) === this.max;
  }

  /** Forgets the failures of this name there, and of no other. */
  succeeds(place: string, username: string): void {
    const failures = this.places.get(place);
    failures?.counts.delete(username.slice(0, LONGEST_NAME));
    if (failures?.counts.size === 0) this.places.delete(place);
  }
}

interface Failures {
  readonly counts: Map<string, number>;
  readonly until: number;
}

function sumOf({ counts }: Failures): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
