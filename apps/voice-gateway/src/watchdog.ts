import type { Clock, Timer } from '@strowger/runtime';

/** What a watchdog watches. */
export interface WatchdogOptions {
  readonly clock: Clock;
  /** How long it may give no sign of life, in milliseconds. */
  readonly idleMs: number;
  /** Asked twice in that time; `true` is a sign of life by itself, as is every `alive()`. */
  ask(): boolean;
  /** Told once, after which nothing is watched any more. */
  onDead(silentMs: number): void;
}

/** Says when a connection has given no sign of life for too long; it watches from the beginning. */
export class Watchdog {
  private readonly options: WatchdogOptions;
  private timer: Timer | undefined;
  private aliveAt: number;
  private isOver = false;

  constructor(options: WatchdogOptions) {
    this.options = options;
    this.aliveAt = options.clock.now();
    this.watch();
  }

  /** It lives: something came, or something was taken. */
  alive(): void {
    this.aliveAt = this.options.clock.now();
  }

  stop(): void {
    this.isOver = true;
    this.timer?.cancel();
  }

  private watch(): void {
    const { clock, idleMs } = this.options;
    this.timer = clock.arm(idleMs / 2, () => this.look());
  }

  private look(): void {
    const { clock, idleMs, ask, onDead } = this.options;
    const silentMs = Math.round(clock.now() - this.aliveAt);
    if (ask()) this.alive();
    else if (silentMs >= idleMs) {
      this.isOver = true;
      return onDead(silentMs);
    }
    if (!this.isOver) this.watch();
  }
}
