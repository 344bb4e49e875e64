import type { Clock } from '@strowger/runtime';

/** How often the delay is measured while messages come, and how many make it worth while. */
const SAMPLE_MS = 100;
const BUSY_MESSAGES = 5;
/** A probe that does not come back by then was lost, as it is where the queue is full. */
const LOST_MS = 2000;

/** What measuring needs. */
export interface QueueDelayOptions {
  readonly clock: Clock;
  /** A delay that matters, in milliseconds. */
  readonly overloadDelayMs: number;
  /** Told every measured delay. */
  onSample(delayMs: number): void;
}

/**
 * How long what arrives waits until it is read: a probe goes the way of every message, through the
 * socket's own queue and the event loop, and comes back. Only while there is something to do, and
 * without a timer: an idle layer sends nothing.
 */
export class QueueDelay {
  private readonly options: QueueDelayOptions;
  private windowAt = 0;
  private messages = 0;
  private sentAt: number | undefined;

  constructor(options: QueueDelayOptions) {
    this.options = options;
  }

  /** A message was read; `probe` sends a probe the way that it came. */
  arrived(probe: () => void): void {
    this.messages++;
    const now = this.options.clock.now();
    if (now - this.windowAt < SAMPLE_MS) return;
    const isBusy = this.messages >= BUSY_MESSAGES;
    this.windowAt = now;
    this.messages = 0;
    if (this.sentAt !== undefined) {
      const delayMs = now - this.sentAt;
      // how long it has waited so far is no measurement of how long it waits, unless it is enough
      if (isBusy && delayMs > this.options.overloadDelayMs) this.options.onSample(delayMs);
      if (delayMs < LOST_MS) return;
      this.sentAt = undefined;
    }
    if (!isBusy) return;
    this.sentAt = now;
    probe();
  }

  /** The probe came back. */
  returned(): void {
    if (this.sentAt === undefined) return;
    const delayMs = this.options.clock.now() - this.sentAt;
    this.sentAt = undefined;
    this.options.onSample(delayMs);
  }
}
