import type { Clock, Timer } from '@strowger/runtime';
import type { TransportLimits } from './transport-limits.ts';

/** Which deadline of a connection has passed. */
export type MissedDeadline =
  /** Of ours: it did not open. */
  | 'notOpen'
  /** Of a peer's: nothing came. */
  | 'noMessage'
  | 'unfinishedMessage'
  | 'idle'
  /** What waits does not drain. */
  | 'notDrained'
  /** What came before bytes that are no message had its time to be answered. */
  | 'answered';

/** The deadlines of one connection: each is told once, and none once it is released. */
export class ConnectionDeadlines {
  private readonly clock: Clock;
  private readonly limits: TransportLimits;
  private readonly missed: (deadline: MissedDeadline) => void;
  private movedAt: number;
  private idle: Timer | undefined;
  /** Runs until it is open, then (where a peer opened it) until its first message. */
  private opening: Timer | undefined;
  private partial: Timer | undefined;
  /** Runs once it takes no more messages: a peer that does not read must not hold the socket. */
  private last: Timer | undefined;

  constructor(
    { clock, limits }: { clock: Clock; limits: TransportLimits },
    missed: (deadline: MissedDeadline) => void,
  ) {
    this.clock = clock;
    this.limits = limits;
    this.missed = missed;
    this.movedAt = clock.now();
  }

  /** When something moved last, by the clock. */
  get lastMovedAt(): number {
    return this.movedAt;
  }

  start(accepted: boolean): void {
    const { clock, limits } = this;
    this.watchIdle(limits.idleTimeoutMs);
    this.opening = accepted
      ? clock.arm(limits.firstMessageMs, () => this.missed('noMessage'))
      : clock.arm(limits.connectTimeoutMs, () => this.missed('notOpen'));
  }

  moved(): void {
    this.movedAt = this.clock.now();
  }

  opened(): void {
    this.opening?.cancel();
  }

  /** A whole message came. */
  message(): void {
    this.opening?.cancel();
    this.partial?.cancel();
  }

  /** A message has to be whole soon after its first byte, however slowly the bytes drip. */
  unfinished(bytes: number): void {
    if (bytes === 0) this.partial?.cancel();
    else if (this.partial?.armed !== true) {
      const late = (): void => this.missed('unfinishedMessage');
      this.partial = this.clock.arm(this.limits.partialMessageMs, late);
    }
  }

  /** Nothing more is read; answers may leave yet. */
  deaf(): void {
    this.cancel();
    this.last = this.clock.arm(this.limits.closeMs, () => this.missed('answered'));
  }

  /** It takes no more messages, and closes when what waits has left. */
  leave(): void {
    this.cancel();
    this.last = this.clock.arm(this.limits.closeMs, () => this.missed('notDrained'));
  }

  cancel(): void {
    for (const timer of [this.opening, this.partial, this.idle, this.last]) timer?.cancel();
  }

  private watchIdle(ms: number): void {
    this.idle = this.clock.arm(ms, () => {
      const left = this.movedAt + this.limits.idleTimeoutMs - this.clock.now();
      if (left > 0) this.watchIdle(left);
      else this.missed('idle');
    });
  }
}
