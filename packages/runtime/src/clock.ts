import { TimerWheel, type Timer } from './timer-wheel.ts';

/** The only source of time for everything that Strowger does. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start; fractions allowed. */
  now(): number;
  /** Wall time in milliseconds since 1970, for what people read and for expiry across processes. */
  wall(): number;
  /**
   * Calls `fire` once, `delayMs` from now (0 or more, rounded up to whole milliseconds), or up to
   * `slackMs` later, together with others that may be late: a thread that wakes up for many at once does
   * less than one that wakes up for each. A clock may take no notice of it. Default: 0.
   */
  arm(delayMs: number, fire: () => void, slackMs?: number): Timer;
  /** How many timers are armed: zero after everything was closed. */
  readonly armedTimers: number;
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  private readonly wheel = new TimerWheel();
  private readonly wallStart: number;
  private time = 0;

  /** @param wallStart what `wall()` says at time 0, in milliseconds since 1970. */
  constructor(wallStart = Date.UTC(2026, 0, 1)) {
    this.wallStart = wallStart;
  }

  get armedTimers(): number {
    return this.wheel.size;
  }

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.wallStart + this.time;
  }

  arm(delayMs: number, fire: () => void): Timer {
    return this.wheel.arm(this.time + Math.max(0, delayMs), fire);
  }

  /** The time at which something may happen next, `undefined` when nothing is armed. */
  nextAt(): number | undefined {
    return this.wheel.nextAt();
  }

  /** Moves time forward by `ms`, firing what falls due at its own millisecond; gives how many fired. */
  advance(ms: number): number {
    const target = this.time + ms;
    let fired = 0;
    for (;;) {
      const next = this.wheel.nextAt();
      if (next === undefined || next > target) break;
      this.time = Math.max(this.time, next);
      fired += this.wheel.advanceTo(next);
    }
    this.time = target;
    return fired + this.wheel.advanceTo(target);
  }
}
