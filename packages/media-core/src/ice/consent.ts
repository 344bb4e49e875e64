import type { Clock, Random, Timer } from '@strowger/runtime';
import type { IcePair } from './check-list.ts';

/** RFC 7675 §5.1: each between 0.8 and 1.2 times this. */
const INTERVAL_MS = 5000;
const EXPIRY_MS = 30_000;

/** Whether the other side still wants what we send (RFC 7675); it keeps NATs open, too. */
export class Consent {
  private readonly options: {
    readonly clock: Clock;
    readonly random: Random;
    ask(pair: IcePair): void;
    onLost(): void;
  };
  private timer: Timer | undefined;

  constructor(options: Consent['options']) {
    this.options = options;
  }

  /** Asks about this pair from now on, in place of any other. */
  watch(pair: IcePair): void {
    const { clock, random, ask, onLost } = this.options;
    this.timer?.cancel();
    this.timer = clock.arm(INTERVAL_MS * (0.8 + 0.4 * random.float()), () => {
      if (clock.now() - pair.heardAt >= EXPIRY_MS) return onLost();
      ask(pair);
      this.watch(pair);
    });
  }

  stop(): void {
    this.timer?.cancel();
  }
}
