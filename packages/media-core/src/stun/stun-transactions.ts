import type { Clock, Random, Timer } from '@strowger/runtime';
import type { StunMessage } from './stun-message.ts';

/** RFC 8489 §6.2.1: the first repetition; then it doubles. */
const FIRST_TIMEOUT_MS = 500;
const MOST_SENDS = 7;
/** The last one is waited for as long as 16 times the first time-out. */
const LAST_TIMEOUT_MS = 16 * FIRST_TIMEOUT_MS;

interface Running {
  readonly packet: Uint8Array;
  readonly onAnswer: (answer: StunMessage | undefined) => void;
  timer: Timer;
  sends: number;
}

/** Requests to a server: each is repeated until its answer comes, or its time is over. */
export class StunTransactions {
  private readonly options: {
    readonly clock: Clock;
    readonly random: Random;
    send(packet: Uint8Array): void;
  };
  private readonly running = new Map<string, Running>();

  constructor(options: StunTransactions['options']) {
    this.options = options;
  }

  /** Sends what `write` makes of a number; `onAnswer` is told once, `undefined`: none came. */
  start(
    write: (transaction: Uint8Array) => Uint8Array,
    onAnswer: (answer: StunMessage | undefined) => void,
  ): void {
    const transaction = this.options.random.bytes(12);
    const packet = write(transaction);
    const key = String.fromCharCode(...transaction);
    this.running.set(key, { packet, onAnswer, sends: 1, timer: this.arm(key, 1) });
    this.options.send(packet);
  }

  /** Takes an answer; `false` where it is none to any request of ours. */
  take(message: StunMessage): boolean {
    const key = String.fromCharCode(...message.transaction);
    const running = this.running.get(key);
    if (running === undefined || (message.kind !== 'success' && message.kind !== 'error'))
      return false;
    running.timer.cancel();
    this.running.delete(key);
    running.onAnswer(message);
    return true;
  }

  /** Forgets all: nobody is told. */
  close(): void {
    for (const { timer } of this.running.values()) timer.cancel();
    this.running.clear();
  }

  private arm(key: string, sends: number): Timer {
    const isLast = sends === MOST_SENDS;
    const timeoutMs = isLast ? LAST_TIMEOUT_MS : FIRST_TIMEOUT_MS * 2 ** (sends - 1);
    return this.options.clock.arm(timeoutMs, () => this.repeat(key));
  }

  private repeat(key: string): void {
    const running = this.running.get(key);
    if (running === undefined) return;
    if (running.sends === MOST_SENDS) {
      this.running.delete(key);
      return running.onAnswer(undefined);
    }
    running.timer = this.arm(key, ++running.sends);
    this.options.send(running.packet);
  }
}
