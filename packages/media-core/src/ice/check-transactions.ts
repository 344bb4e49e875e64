import type { Clock, Timer } from '@strowger/runtime';
import type { IceCredentials } from './binding.ts';
import type { IcePair } from './check-list.ts';

/** RFC 8445 §14.3: the first repetition; then it doubles. */
const FIRST_TIMEOUT_MS = 500;
/** How often a check is sent before the pair has failed: after 15.5 seconds. */
const MOST_SENDS = 5;
/** How long the answer to what is not repeated is waited for. */
const LAST_TIMEOUT_MS = 4000;

/** A check under way. */
export interface PendingCheck {
  readonly pair: IcePair;
  readonly transaction: Uint8Array;
  /** Whose password signs what comes back. */
  readonly remote: IceCredentials;
  readonly isControlling: boolean;
  readonly nominates: boolean;
  /** Whether it only asks for further consent (RFC 7675), and is not repeated. */
  readonly isConsent: boolean;
}

interface Running {
  readonly check: PendingCheck;
  timer: Timer;
  sends: number;
  isRetired: boolean;
}

/** Checks under way: each is repeated until its answer comes, or its time is over. */
export class CheckTransactions {
  private readonly clock: Clock;
  private readonly running = new Map<string, Running>();
  private readonly transmit: (check: PendingCheck) => void;
  private readonly onTimeout: (check: PendingCheck) => void;

  constructor(options: {
    clock: Clock;
    send(check: PendingCheck): void;
    onTimeout(check: PendingCheck): void;
  }) {
    this.clock = options.clock;
    this.transmit = (check) => options.send(check);
    this.onTimeout = (check) => options.onTimeout(check);
  }

  start(check: PendingCheck): void {
    const running: Running = { check, sends: 1, isRetired: false, timer: this.arm(check, 1) };
    this.running.set(keyOf(check.transaction), running);
    this.transmit(check);
  }

  /** The check that this answers, which is over then. */
  take(transaction: Uint8Array): PendingCheck | undefined {
    const key = keyOf(transaction);
    const running = this.running.get(key);
    running?.timer.cancel();
    this.running.delete(key);
    return running?.check;
  }

  /** The check that an answer would be to. */
  find(transaction: Uint8Array): PendingCheck | undefined {
    return this.running.get(keyOf(transaction))?.check;
  }

  /** Those of a pair are not repeated any more, for others follow; an answer still counts. */
  retire(pair: IcePair): void {
    for (const running of this.running.values()) {
      if (running.check.pair !== pair || running.isRetired) continue;
      running.timer.cancel();
      running.isRetired = true;
      const key = keyOf(running.check.transaction);
      running.timer = this.clock.arm(LAST_TIMEOUT_MS, () => this.running.delete(key));
    }
  }

  /** Ends all; their answers are nobody's then. */
  cancel(): void {
    for (const { timer } of this.running.values()) timer.cancel();
    this.running.clear();
  }

  private arm(check: PendingCheck, sends: number): Timer {
    const timeoutMs = check.isConsent ? LAST_TIMEOUT_MS : FIRST_TIMEOUT_MS * 2 ** (sends - 1);
    return this.clock.arm(timeoutMs, () => this.repeat(check));
  }

  private repeat(check: PendingCheck): void {
    const running = this.running.get(keyOf(check.transaction));
    if (running === undefined) return;
    if (check.isConsent || running.sends === MOST_SENDS) {
      this.take(check.transaction);
      this.onTimeout(check);
      return;
    }
    running.sends++;
    running.timer = this.arm(check, running.sends);
    this.transmit(check);
  }
}

function keyOf(transaction: Uint8Array): string {
  return String.fromCharCode(...transaction);
}
