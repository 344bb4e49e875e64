import type { Clock, Timer } from '@strowger/runtime';
import { Q850 } from './q850-cause.ts';
import type { Session } from './session.ts';

const TOO_OLD = { cause: Q850.recoveryOnTimer, text: 'the session has lived too long' };

/**
 * @internal Ends sessions that have lived too long: whoever forgot to hang up, or lost the session,
 * holds nothing for ever. One timer serves all of them, as they are made in the order of their ages.
 */
export class SessionAgeing {
  private readonly clock: Clock;
  private readonly maxAgeMs: number;
  /** Since when each lives, by the monotonic clock; oldest first. */
  private readonly since = new Map<Session, number>();
  private timer: Timer | undefined;

  constructor(clock: Clock, maxAgeMs: number) {
    this.clock = clock;
    this.maxAgeMs = maxAgeMs;
  }

  begun(session: Session): void {
    this.since.set(session, this.clock.now());
    if (this.timer === undefined) this.arm(this.maxAgeMs);
  }

  gone(session: Session): void {
    this.since.delete(session);
    if (this.since.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private arm(afterMs: number): void {
    this.timer = this.clock.arm(afterMs, () => this.sweep());
  }

  private sweep(): void {
    this.timer = undefined;
    const oldest = this.clock.now() - this.maxAgeMs;
    for (const [session, since] of this.since) {
      if (since > oldest) return this.arm(since - oldest);
      this.since.delete(session); // once: what waits for its peer has limits of its own
      void session.hangUp({ reason: TOO_OLD });
    }
  }
}
