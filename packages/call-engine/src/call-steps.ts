import { type Step, to } from '@strowger/runtime';
import type { LegRefusal } from './best-response.ts';
import type { CallEnder, CallOutcome } from './call-record.ts';
import type { CallEnding, CallOutput, CallState, LegEnding, Side } from './call-table.ts';

/** A step of the call table. */
export type CallStep = Step<CallState, CallOutput>;

/** The last step: the state, and the record once everything else is done. */
export function end(ending: CallEnding): CallStep {
  return to<CallState, CallOutput>({ name: 'ended', ending }, { type: 'finish', ending });
}

/** The same step with outputs before its own. */
export function after(last: CallStep, ...outputs: CallOutput[]): CallStep {
  return { next: last.next, outputs: [...outputs, ...last.outputs] };
}

/** The caller gets this. */
export function rejected(refusal: LegRefusal, by: CallEnder): CallStep {
  const { status } = refusal;
  const outcome = outcomeOf(status);
  return after(end({ outcome, status, by }), { type: 'rejectCaller', ...refusal });
}

/** What a final refusal means for a call. */
export function outcomeOf(status: number): CallOutcome {
  if (status === 486 || status === 600) return 'busy';
  return status >= 500 && status < 600 ? 'failed' : 'rejected';
}

/** It never came about, and that is our doing. */
export function failed(status: number, reason: string): CallStep {
  const ending: CallEnding = { outcome: 'failed', status, by: 'engine', reason };
  return after(end(ending), { type: 'rejectCaller', status });
}

/** The caller's session ended before it was answered. */
export function givenUp({ kind, status, reason }: LegEnding): CallStep {
  if (kind === 'hungUp') return end({ outcome: 'cancelled', status: 487, by: 'caller' });
  const outcome = kind === 'refused' ? outcomeOf(status) : 'failed';
  return end({ outcome, status, by: 'engine', ...optional({ reason }) });
}

/** One side of an answered call is over. */
export function hungUp(by: CallEnder, { kind, cause, reason }: LegEnding): CallStep {
  if (kind === 'broken') return broken(reason ?? 'broken');
  return end({ outcome: 'answered', status: 200, cause: cause ?? 16, by, ...optional({ reason }) });
}

/** Something of an answered call broke. */
export function broken(reason: string): CallStep {
  return end({ outcome: 'answered', status: 200, cause: 41, by: 'engine', reason });
}

/** The engine ends an answered call. */
export function stopped(reason: string): CallStep {
  return end({ outcome: 'answered', status: 200, cause: 16, by: 'engine', reason });
}

/** Without a reason, no key. */
export function optional({ reason }: { reason: string | undefined }): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

/** One side talks to somebody else now; the other one is hung up. */
export function taken(side: Side): CallStep {
  const by = side === 'caller' ? 'callee' : 'caller';
  const ending = {
    outcome: 'answered',
    status: 200,
    cause: 16,
    by,
    reason: 'transferred',
  } as const;
  const left: CallOutput =
    side === 'caller' ? { type: 'endLegs', why: 'over' } : { type: 'endCaller', cause: 16 };
  return after(end(ending), left);
}
