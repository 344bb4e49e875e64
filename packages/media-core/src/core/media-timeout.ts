import type { Clock, Timer } from '@strowger/runtime';

/** Of many seconds. */
const SLACK_MS = 5;

/** Settings of the watch over a silent side, in milliseconds. */
export interface MediaTimeoutOptions {
  readonly clock: Clock;
  /** From the agreement to the first packet ever. */
  readonly initialTimeoutMs: number;
  /** From one packet to the next, once there was one. */
  readonly timeoutMs: number;
  /** Counts what has come and was not told yet. */
  catchUp(): void;
  /** Told once per silence; `initial` where nothing ever came. */
  tell(silence: { silentMs: number; initial: boolean }): void;
}

/**
 * Notices that nothing comes from a side that may send. Whoever is on hold, or may not send, is not
 * waited for: the time begins anew when it may again.
 */
export class MediaTimeout {
  private readonly options: MediaTimeoutOptions;
  private heardAt = 0;
  private hasHeard = false;
  private awaits = false;
  private timer: Timer | undefined;
  /** Whether a silence would be told. */
  private isWatching = false;

  constructor(options: MediaTimeoutOptions) {
    this.options = options;
  }

  /** Something was agreed: whether the other side may send from now on. */
  configure(mayReceive: boolean): void {
    this.awaits = mayReceive;
    this.heardAt = this.options.clock.now();
    this.watch();
  }

  /** A packet came. */
  heard(now: number): void {
    this.heardAt = now;
    this.hasHeard = true;
    if (!this.isWatching) this.watch();
  }

  stop(): void {
    this.awaits = false;
    this.timer?.cancel();
  }

  private ring(): void {
    this.options.catchUp();
    this.watch();
  }

  /** Told once per silence: armed anew by the next packet. */
  private watch(): void {
    this.timer?.cancel();
    this.isWatching = false;
    if (!this.awaits) return;
    const { clock, timeoutMs, initialTimeoutMs } = this.options;
    const silentMs = clock.now() - this.heardAt;
    const left = (this.hasHeard ? timeoutMs : initialTimeoutMs) - silentMs;
    this.isWatching = left > 0;
    if (left > 0) this.timer = clock.arm(left, () => this.ring(), SLACK_MS);
    else this.options.tell({ silentMs: Math.round(silentMs), initial: !this.hasHeard });
  }
}
