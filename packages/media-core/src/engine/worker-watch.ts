import { type Clock, nodeRuntime, type Timer } from '@strowger/runtime';

/** How often beats are looked at until they count as standing still. */
const LOOKS = 10;
/** A worker that begins reads its program first, and its codecs. */
const LOOKS_AT_BEGIN = 6 * LOOKS;

/** What is watched, and who hears of it. */
export interface WorkerWatchOptions {
  /** The worker counts up the first of it as long as its loop turns. */
  readonly beats: Int32Array;
  /** For how long it may stand still. */
  readonly timeoutMs: number;
  /** Told once. */
  onHung(): void;
}

/**
 * Finds a thread that lives and does nothing more: a codec in an endless loop, say. It counts looks, not
 * time: when this thread or the whole process was stopped, a worker has its chance to go on first.
 */
export class WorkerWatch {
  private readonly options: WorkerWatchOptions;
  // a worker lives by the system's time, whatever its program has for a clock
  private readonly clock: Clock = nodeRuntime().clock;
  private timer: Timer;
  private seen = 0;
  private looks = 0;

  constructor(options: WorkerWatchOptions) {
    this.options = options;
    this.timer = this.arm();
  }

  stop(): void {
    this.timer.cancel();
  }

  private arm(): Timer {
    return this.clock.arm(this.options.timeoutMs / LOOKS, () => this.look());
  }

  private look(): void {
    const { beats, onHung } = this.options;
    const now = Atomics.load(beats, 0);
    this.looks = now === this.seen ? this.looks + 1 : 0;
    this.seen = now;
    if (this.looks >= (now === 0 ? LOOKS_AT_BEGIN : LOOKS)) onHung();
    else this.timer = this.arm();
  }
}
