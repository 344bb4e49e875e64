import type { Clock, Timer } from '@strowger/runtime';
import type { Refused } from './session-machine.ts';
import { refusalOf } from './recovery.ts';

/** Media that was good for so long counts as healthy: what fails then begins anew. */
const HEALTHY_MS = 60_000;
/** Between two tries; each time twice as long. */
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8000;
/** How long nothing may get out after a change of network: as long as three re-INVITEs over UDP take. */
const AWAY_LIMIT_MS = 96_000;
/** How long a negotiation that is under way may take, with media that has failed. */
const REST_LIMIT_MS = 10_000;

/** @internal */
export interface MediaRecoveryOptions {
  readonly clock: Clock;
  /** How often media is had anew before the call is given up. */
  readonly retries: number;
  /** Whether the call is answered and no negotiation is under way. */
  isAtRest(): boolean;
  /** The call is not over. */
  isLive(): boolean;
  /** Opens media and has the peer agree; rejects where either cannot be. */
  renew(cause: Refused): Promise<void>;
  onTry(cause: Refused, retriesLeft: number): void;
  /** After so many tries. */
  onRecovered(tries: number): void;
  /** It cannot be had. */
  giveUp(cause: Refused): void;
}

/**
 * @internal Has the media of an answered call anew where it failed, or where it died with the process
 * that had it: so often, later each time, and never in the midst of a negotiation.
 */
export class MediaRecovery {
  private readonly options: MediaRecoveryOptions;
  private left: number;
  private tries = 0;
  /** Why there is none, until there is some. */
  private cause: Refused | undefined;
  private step: 'none' | 'awaitingRest' | 'trying' | 'delayed' = 'none';
  /** What was opened has failed before the peer agreed. */
  private failedAgain = false;
  private recoveredAt: number | undefined;
  /** When we were told last that media has to be elsewhere. */
  private restartedAt = Number.NEGATIVE_INFINITY;
  private timer: Timer | undefined;

  constructor(options: MediaRecoveryOptions) {
    this.options = options;
    this.left = options.retries;
  }

  /** Begins, or goes on; false where media was had anew too often. */
  begin(cause: Refused): boolean {
    if (this.cause !== undefined) {
      this.failedAgain = true;
      return true;
    }
    this.forgive();
    if (this.left === 0) return false;
    this.cause = cause;
    this.next();
    return true;
  }

  /** It has to be elsewhere from now on, whatever is under way, and with all tries. */
  restart(cause: Refused): void {
    this.left = Math.max(1, this.options.retries);
    this.tries = 0;
    this.restartedAt = this.options.clock.now();
    if (this.step === 'trying') {
      this.cause = cause;
      this.failedAgain = true;
      return;
    }
    this.stop();
    this.begin(cause);
  }

  /** A negotiation is over: what waited for that goes on. */
  atRest(): void {
    if (this.step === 'awaitingRest') this.next();
  }

  /** The session ends. */
  stop(): void {
    this.timer?.cancel();
    this.cause = undefined;
    this.step = 'none';
  }

  private forgive(): void {
    const { recoveredAt } = this;
    if (recoveredAt === undefined || this.options.clock.now() - recoveredAt < HEALTHY_MS) return;
    this.left = this.options.retries;
    this.tries = 0;
  }

  private next(): void {
    const { cause } = this;
    if (cause === undefined) return;
    if (!this.options.isAtRest()) return this.awaitRest(cause);
    this.timer?.cancel();
    if (this.left === 0) return this.over(cause);
    this.left--;
    this.tries++;
    this.step = 'trying';
    this.failedAgain = false;
    this.options.onTry(cause, this.left);
    void this.options.renew(cause).then(
      () => (this.failedAgain ? this.again() : this.recovered()),
      (error: unknown) => this.again(error),
    );
  }

  private awaitRest(cause: Refused): void {
    if (this.step === 'awaitingRest') return;
    this.step = 'awaitingRest';
    this.timer = this.options.clock.arm(REST_LIMIT_MS, () => this.over(cause));
  }

  private again(error?: unknown): void {
    const { cause } = this;
    if (cause === undefined || !this.options.isLive()) return this.stop();
    if (this.isAway(error)) this.left++;
    if (this.left === 0) return this.over(cause);
    this.step = 'delayed';
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (this.tries - 1), LONGEST_DELAY_MS);
    this.timer = this.options.clock.arm(delayMs, () => this.next());
  }

  /** Whether a try counts for none: it did not get out, as the new network is not there yet. */
  private isAway(error: unknown): boolean {
    if (this.options.clock.now() - this.restartedAt >= AWAY_LIMIT_MS) return false;
    return refusalOf(error)?.isUnsent === true;
  }

  private recovered(): void {
    if (this.cause === undefined) return;
    this.stop();
    this.recoveredAt = this.options.clock.now();
    this.options.onRecovered(this.tries);
  }

  /** The first failure is what the end is told as. */
  private over(cause: Refused): void {
    this.stop();
    this.options.giveUp(cause);
  }
}
