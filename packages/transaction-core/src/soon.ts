import type { Clock, Timer } from '@strowger/runtime';

/**
 * What is to happen when the present call is over, in the order in which it was asked for: one timer
 * for all, as hundreds of transactions may end at the same millisecond.
 */
export class Soon {
  private readonly clock: Clock;
  private acts: (() => void)[] = [];
  private timer: Timer | undefined = undefined;
  private closed = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Calls back soon, never from within; not at all once it is closed. */
  call(act: () => void): void {
    if (this.closed) return;
    this.acts.push(act);
    this.timer ??= this.clock.arm(0, this.run);
  }

  /** Forgets what has not happened yet. */
  close(): void {
    this.closed = true;
    this.acts = [];
    this.timer?.cancel();
  }

  private readonly run = (): void => {
    this.timer = undefined;
    const { acts } = this;
    this.acts = [];
    let done = 0;
    try {
      while (done < acts.length && !this.closed) acts[done++]?.();
    } finally {
      // one that has thrown takes nothing from the others
      for (const act of acts.slice(done)) this.call(act);
    }
  };
}
