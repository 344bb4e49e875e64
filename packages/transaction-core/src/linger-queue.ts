import type { Clock, Timer } from '@strowger/runtime';
import type { LingeringServer, LingerTimer } from './lingering.ts';

/**
 * Transactions that wait for equally long: the first that came is the first to end, so that one
 * timer serves all of them, and adding and removing one is a matter of its neighbours.
 */
export class LingerQueue {
  size = 0;
  oldest: LingeringServer | undefined;
  private youngest: LingeringServer | undefined;
  private timer: Timer | undefined;
  private readonly clock: Clock;
  private readonly type: LingerTimer;

  constructor(clock: Clock, type: LingerTimer) {
    this.clock = clock;
    this.type = type;
  }

  add(one: LingeringServer, ms: number): void {
    one.due = Math.ceil(this.clock.now() + ms);
    one.queue = this;
    one.before = this.youngest;
    if (this.youngest === undefined) this.oldest = one;
    else this.youngest.after = one;
    this.youngest = one;
    this.size++;
    this.timer ??= this.clock.arm(ms, this.ring);
  }

  remove(one: LingeringServer): void {
    const { before, after } = one;
    if (before === undefined) this.oldest = after;
    else before.after = after;
    if (after === undefined) this.youngest = before;
    else after.before = before;
    one.queue = undefined;
    one.before = undefined;
    one.after = undefined;
    this.size--;
    if (this.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private readonly ring = (): void => {
    this.timer = undefined;
    const now = this.clock.now();
    try {
      for (let one = this.oldest; one !== undefined && one.due <= now; one = this.oldest) {
        one.input({ type: this.type });
        if (one.queue === this) this.remove(one); // no row took it: never twice
      }
    } finally {
      const { oldest } = this;
      if (oldest !== undefined) {
        this.timer ??= this.clock.arm(Math.max(0, oldest.due - this.clock.now()), this.ring);
      }
    }
  };
}
