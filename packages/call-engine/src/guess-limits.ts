import type { Clock } from '@strowger/runtime';
import { type FailureLimits, FailureTable } from './failure-table.ts';

/** From where which user name is claimed. */
export interface Claim {
  readonly address: string;
  readonly username: string;
}

/** Digests a minute that are looked at for one user though they came from nobody knows where. */
const UNPLACED_CHECKS = 5;

/**
 * How many passwords may be guessed. A user name is shut out at an address where it failed too
 * often; guesses from many addresses shut it out everywhere but where it has proven itself: that
 * the many guess cannot take a phone from the network. Names are counted as they are claimed, so
 * that one which does not exist meets the same.
 */
export class GuessLimits {
  private readonly places: FailureTable;
  private readonly names: FailureTable;
  private readonly unplaced: FailureTable;
  /** Where names have proven themselves, the latest last. */
  private readonly homes = new Set<string>();
  private readonly entries: number;

  constructor(clock: Clock, limits: FailureLimits) {
    const { failuresPerUser, windowMs, entries } = limits;
    this.entries = entries;
    this.places = new FailureTable(clock, limits);
    this.names = new FailureTable(clock, { ...limits, failures: failuresPerUser });
    this.unplaced = new FailureTable(clock, {
      failures: UNPLACED_CHECKS,
      windowMs,
      longestMs: windowMs,
      entries,
    });
  }

  /** Milliseconds for which this name is shut out at this address; 0 where it is not. */
  shutOutMs(claim: Claim): number {
    return this.places.shutOutMs(placeOf(claim));
  }

  /** Milliseconds for which this name is heard only where it is at home, and this is not there. */
  strangerMs(claim: Claim): number {
    return this.homes.has(placeOf(claim)) ? 0 : this.names.shutOutMs(nameOf(claim));
  }

  /** Somebody who is where he says guessed wrong. */
  failed(claim: Claim): void {
    this.places.failed(placeOf(claim));
    if (!this.homes.has(placeOf(claim))) this.names.failed(nameOf(claim));
  }

  /** The name has proven itself at this address. */
  succeeded(claim: Claim): void {
    this.places.succeeded(placeOf(claim));
    this.isAtHome(claim);
  }

  /** The name is known to be at this address. */
  isAtHome(claim: Claim): void {
    const place = placeOf(claim);
    this.homes.delete(place); // so that it becomes the youngest
    this.homes.add(place);
    for (const oldest of this.homes) {
      if (this.homes.size <= this.entries) break;
      this.homes.delete(oldest);
    }
  }

  /**
   * Whether a digest may be looked at whose sender could be anywhere: it tells right from wrong, and
   * nobody can be shut out for it. Counts the look.
   */
  mayCheckUnplaced(claim: Claim): boolean {
    const name = nameOf(claim);
    if (this.unplaced.shutOutMs(name) > 0) return false;
    this.unplaced.failed(name);
    return true;
  }

  /** How many failures are remembered. */
  get size(): number {
    return this.places.size;
  }
}

function placeOf({ address, username }: Claim): string {
  return `${address} ${username.slice(0, 128)}`;
}

function nameOf({ username }: Claim): string {
  return username.slice(0, 128);
}
