import { causeOfStatus } from '@strowger/session-core';
import type { Clock } from '@strowger/runtime';
import type { CallRecord } from './call-record.ts';
import type { CallEnding } from './call-table.ts';

/** Who calls whom, as the record has it. */
export interface CallParties {
  readonly caller: string;
  readonly callerName?: string;
  readonly dialled: string;
}

/** When what happened in a call: wall time for people, monotonic time for durations. */
export class CallTimeline {
  private readonly clock: Clock;
  private readonly started: Moment;
  private ringing: Moment | undefined;
  private answered: Moment | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
    this.started = this.now();
  }

  /** The callee rings; the first time counts. */
  rings(): void {
    this.ringing ??= this.now();
  }

  /** The caller was answered. */
  answers(): void {
    this.answered ??= this.now();
  }

  /** Wall time in milliseconds since 1970. */
  get startedAt(): number {
    return this.started.wall;
  }

  /** The end of the call, now. */
  ends(): Moment {
    return this.now();
  }

  /** The record of a call that ended at `ended`. */
  record(
    ending: CallEnding,
    ended: Moment,
    call: CallParties &
      Pick<CallRecord, 'id' | 'callee' | 'forwarded' | 'transcoded' | 'legs' | 'recordings'>,
  ): CallRecord {
    const { started, ringing, answered } = this;
    const { outcome, status, by: endedBy, reason, cause = causeOfStatus(status) } = ending;
    return {
      ...call,
      callIds: call.legs.map(({ callId }) => callId),
      startedAt: started.wall,
      ...(ringing === undefined ? {} : { ringingAt: ringing.wall }),
      ...(answered === undefined ? {} : { answeredAt: answered.wall }),
      endedAt: ended.wall,
      durationMs: elapsed(started, ended),
      billableMs: answered === undefined ? 0 : elapsed(answered, ended),
      outcome,
      status,
      cause,
      endedBy,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  private now(): Moment {
    return { wall: this.clock.wall(), monotonic: this.clock.now() };
  }
}

/** One moment by both clocks, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

function elapsed(from: Moment, to: Moment): number {
  return Math.round(to.monotonic - from.monotonic);
}
