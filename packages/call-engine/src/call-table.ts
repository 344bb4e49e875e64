import { type StateTable, type Step, to } from '@strowger/runtime';
import { bestResponse, type LegRefusal } from './best-response.ts';
import type { CallEnder, CallOutcome } from './call-record.ts';

/** Where a call stands. */
export type CallState =
  /** The number is being looked up. */
  | { readonly name: 'routing' }
  /** The callee's contacts ring; `refusals` are of those that do not any more. */
  | { readonly name: 'ringing'; readonly legs: number; readonly refusals: readonly LegRefusal[] }
  /** One contact has answered and the caller is told. */
  | { readonly name: 'answering'; readonly winner: number }
  | { readonly name: 'connected'; readonly winner: number }
  /** A service has the caller. */
  | { readonly name: 'serving'; readonly isAnswered: boolean }
  | { readonly name: 'ended'; readonly ending: CallEnding };

/** How a call came to its end. */
export interface CallEnding {
  readonly outcome: CallOutcome;
  /** What the caller's INVITE got. */
  readonly status: number;
  /** Q.850 cause, where the status does not give it. */
  readonly cause?: number;
  readonly by: CallEnder;
  readonly reason?: string;
}

/** What happens to a call. */
export type CallInput =
  | { readonly type: 'routedToContacts'; readonly legs: number }
  | { readonly type: 'routedToService' }
  /** The router, or we ourselves, have nothing for the caller but this. */
  | { readonly type: 'refused'; readonly status: number; readonly reason?: string }
  | { readonly type: 'legRinging'; readonly leg: number; readonly hasMedia: boolean }
  | { readonly type: 'legAnswered'; readonly leg: number }
  | ({ readonly type: 'legRefused'; readonly leg: number } & LegRefusal)
  /** An answered leg is over. */
  | { readonly type: 'legEnded'; readonly leg: number; readonly ending: LegEnding }
  | { readonly type: 'callerAnswered' }
  | { readonly type: 'callerEnded'; readonly ending: LegEnding }
  | { readonly type: 'ringTimeout' }
  | { readonly type: 'serviceDone' }
  | { readonly type: 'broken'; readonly reason: string }
  /** The engine wants it to end. */
  | { readonly type: 'stop'; readonly reason: string };

/** How a session ended, as far as the other leg is concerned. */
export interface LegEnding {
  /** The peer hung up or cancelled, a service refused, or something broke. */
  readonly kind: 'hungUp' | 'refused' | 'broken';
  /** The SIP status that fits. */
  readonly status: number;
  readonly cause?: number;
  readonly reason?: string;
}

/** What a call does to its sessions. */
export type CallOutput =
  | { readonly type: 'callLegs' }
  | { readonly type: 'armRingTimer' }
  | { readonly type: 'disarmRingTimer' }
  /** Tells the caller that it rings, with the leg's early media where it has some. */
  | { readonly type: 'ring'; readonly leg: number; readonly hasMedia: boolean }
  | { readonly type: 'answerCaller'; readonly leg: number }
  | { readonly type: 'rejectCaller'; readonly status: number; readonly reason?: string }
  /** Ends the other legs: `elsewhere` because one has answered. */
  | { readonly type: 'endLegs'; readonly except?: number; readonly why: 'elsewhere' | 'over' }
  | { readonly type: 'endLeg'; readonly leg: number; readonly why: 'elsewhere' | 'over' }
  | { readonly type: 'endCaller'; readonly cause: number }
  | { readonly type: 'runService' }
  | { readonly type: 'tellAnswered' }
  | { readonly type: 'finish'; readonly ending: CallEnding };

type S = Step<CallState, CallOutput>;

/** A call from its INVITE to its record: the B2BUA's decisions (RFC 7092, RFC 3261 §16.7). */
export const callTable: StateTable<CallState, CallInput, CallOutput> = {
  routing: {
    routedToContacts: (_, { legs }) =>
      to({ name: 'ringing', legs, refusals: [] }, { type: 'armRingTimer' }, { type: 'callLegs' }),
    routedToService: () => to({ name: 'serving', isAnswered: false }, { type: 'runService' }),
    refused: (_, { status, reason }) => rejected({ status, ...optional({ reason }) }, 'engine'),
    callerEnded: (_, { ending }) => givenUp(ending),
    broken: (_, { reason }) => failed(500, reason),
    stop: (_, { reason }) => failed(503, reason),
  },
  ringing: {
    legRinging: (state, { leg, hasMedia }) => to(state, { type: 'ring', leg, hasMedia }),
    legAnswered: (_, { leg }) =>
      to(
        { name: 'answering', winner: leg },
        { type: 'disarmRingTimer' },
        { type: 'endLegs', except: leg, why: 'elsewhere' },
        { type: 'answerCaller', leg },
      ),
    legRefused: (state, { status, reason }) => {
      const refusals = [...state.refusals, { status, ...optional({ reason }) }];
      if (status < 600 && refusals.length < state.legs) return to({ ...state, refusals });
      return after(rejected(bestResponse(refusals), 'callee'), ...endRinging);
    },
    ringTimeout: () =>
      after(
        end({ outcome: 'noAnswer', status: 480, cause: 19, by: 'engine', reason: 'noAnswer' }),
        ...endRinging,
        { type: 'rejectCaller', status: 480 },
      ),
    callerEnded: (_, { ending }) => after(givenUp(ending), ...endRinging),
    broken: (_, { reason }) => after(failed(500, reason), ...endRinging),
    refused: (_, { status, reason }) =>
      after(rejected({ status, ...optional({ reason }) }, 'engine'), ...endRinging),
    stop: (_, { reason }) => after(failed(503, reason), ...endRinging),
  },
  answering: {
    legAnswered: (state, { leg }) => to(state, { type: 'endLeg', leg, why: 'elsewhere' }),
    legRefused: (state) => to(state),
    callerAnswered: ({ winner }) => to({ name: 'connected', winner }, { type: 'tellAnswered' }),
    callerEnded: (_, { ending }) => after(givenUp(ending), { type: 'endLegs', why: 'over' }),
    legEnded: (state, { leg, ending }) => {
      if (leg !== state.winner) return to(state);
      return after(failed(480, ending.reason ?? 'calleeGone'));
    },
    broken: (_, { reason }) => after(failed(500, reason), { type: 'endLegs', why: 'over' }),
    stop: (_, { reason }) => after(failed(503, reason), { type: 'endLegs', why: 'over' }),
  },
  connected: {
    legAnswered: (state, { leg }) => to(state, { type: 'endLeg', leg, why: 'elsewhere' }),
    legRefused: (state) => to(state),
    callerEnded: (_, { ending }) =>
      after(hungUp('caller', ending), { type: 'endLegs', why: 'over' }),
    legEnded: (state, { leg, ending }) => {
      if (leg !== state.winner) return to(state);
      const cause = ending.cause ?? (ending.kind === 'hungUp' ? 16 : 41);
      return after(hungUp('callee', ending), { type: 'endCaller', cause });
    },
    broken: (_, { reason }) =>
      after(broken(reason), { type: 'endLegs', why: 'over' }, { type: 'endCaller', cause: 41 }),
    stop: (_, { reason }) =>
      after(stopped(reason), { type: 'endLegs', why: 'over' }, { type: 'endCaller', cause: 16 }),
  },
  serving: {
    callerAnswered: (state) =>
      state.isAnswered ? to(state) : to({ ...state, isAnswered: true }, { type: 'tellAnswered' }),
    callerEnded: ({ isAnswered }, { ending }) =>
      isAnswered ? hungUp('caller', ending) : givenUp(ending),
    serviceDone: ({ isAnswered }) => {
      if (!isAnswered) return rejected({ status: 480 }, 'engine');
      return after(hungUp('engine', { kind: 'hungUp', status: 200 }), {
        type: 'endCaller',
        cause: 16,
      });
    },
    broken: ({ isAnswered }, { reason }) =>
      isAnswered ? after(broken(reason), { type: 'endCaller', cause: 41 }) : failed(500, reason),
    stop: ({ isAnswered }, { reason }) =>
      isAnswered ? after(stopped(reason), { type: 'endCaller', cause: 16 }) : failed(503, reason),
  },
  ended: {
    // it answered while its CANCEL was on the way
    legAnswered: (state, { leg }) => to(state, { type: 'endLeg', leg, why: 'over' }),
  },
};

const endRinging: readonly CallOutput[] = [
  { type: 'disarmRingTimer' },
  { type: 'endLegs', why: 'over' },
];

/** The last step: the state, and the record once everything else is done. */
function end(ending: CallEnding): S {
  return to<CallState, CallOutput>({ name: 'ended', ending }, { type: 'finish', ending });
}

/** The same step with outputs before its own. */
function after(last: S, ...outputs: CallOutput[]): S {
  return { next: last.next, outputs: [...outputs, ...last.outputs] };
}

function rejected(refusal: LegRefusal, by: CallEnder): S {
  const { status } = refusal;
  const outcome = outcomeOf(status);
  return after(end({ outcome, status, by }), { type: 'rejectCaller', ...refusal });
}

/** What a final refusal means for a call. */
export function outcomeOf(status: number): CallOutcome {
  if (status === 486 || status === 600) return 'busy';
  return status >= 500 && status < 600 ? 'failed' : 'rejected';
}

function failed(status: number, reason: string): S {
  const ending: CallEnding = { outcome: 'failed', status, by: 'engine', reason };
  return after(end(ending), { type: 'rejectCaller', status });
}

/** The caller's session ended before it was answered. */
function givenUp({ kind, status, reason }: LegEnding): S {
  if (kind === 'hungUp') return end({ outcome: 'cancelled', status: 487, by: 'caller' });
  const outcome = kind === 'refused' ? outcomeOf(status) : 'failed';
  return end({ outcome, status, by: 'engine', ...optional({ reason }) });
}

function hungUp(by: CallEnder, { kind, cause, reason }: LegEnding): S {
  if (kind === 'broken') return broken(reason ?? 'broken');
  return end({ outcome: 'answered', status: 200, cause: cause ?? 16, by, ...optional({ reason }) });
}

function broken(reason: string): S {
  return end({ outcome: 'answered', status: 200, cause: 41, by: 'engine', reason });
}

function stopped(reason: string): S {
  return end({ outcome: 'answered', status: 200, cause: 16, by: 'engine', reason });
}

function optional({ reason }: { reason: string | undefined }): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
