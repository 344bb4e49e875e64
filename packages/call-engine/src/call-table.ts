import { type StateTable, to } from '@strowger/runtime';
import type { ForwardCause } from '@strowger/session-core';
import type { LegRefusal } from './best-response.ts';
import type { CallEnder, CallOutcome } from './call-record.ts';
import {
  after,
  broken,
  end,
  failed,
  givenUp,
  hungUp,
  optional,
  rejected,
  stopped,
  taken,
} from './call-steps.ts';
import {
  allRefused,
  endRinging,
  forward,
  giveBack,
  NO_ANSWER,
  notAnswered,
  routedRows,
} from './call-forward-rows.ts';
import { transferringRows } from './call-transfer-rows.ts';

/** One of the two that talk. */
export type Side = 'caller' | 'callee';

/** Where a call stands. */
export type CallState =
  /** The number is being looked up. */
  | { readonly name: 'routing' }
  /** The callee's contacts ring; `refusals` are of those that do not any more. */
  | {
      readonly name: 'ringing';
      /** How many ring, and the number of the first: those before were called for somebody else. */
      readonly legs: number;
      readonly first: number;
      readonly refusals: readonly LegRefusal[];
      readonly forwards: Forwards;
    }
  /** It is looked up where the call goes instead; `otherwise` is what the caller gets else. */
  | { readonly name: 'forwarding'; readonly otherwise: CallEnding }
  /** One contact has answered and the caller is told. */
  | { readonly name: 'answering'; readonly winner: number }
  | { readonly name: 'connected'; readonly winner: number }
  /** One side asked for the other to be connected to somebody else, and that is under way. */
  | {
      readonly name: 'transferring';
      readonly winner: number;
      /** Who asked. */
      readonly by: Side;
      /** It has hung up already. */
      readonly isGone: boolean;
    }
  /** A service has the caller. */
  | { readonly name: 'serving'; readonly isAnswered: boolean }
  | { readonly name: 'ended'; readonly ending: CallEnding };

/** For which reasons the call goes on to somebody else. */
export interface Forwards {
  readonly busy: boolean;
  readonly noAnswer: boolean;
  readonly redirected: boolean;
}

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
  | {
      readonly type: 'routedToContacts';
      readonly legs: number;
      readonly first: number;
      readonly forwards: Forwards;
      /** Whether it is somebody else than was called. */
      readonly hasMoved: boolean;
    }
  | { readonly type: 'routedToService'; readonly hasMoved: boolean }
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
  /** One side asks for the other to be connected to somebody else. */
  | { readonly type: 'transferAsked'; readonly by: Side }
  /** That is done; the callee's leg is this one now. */
  | { readonly type: 'transferred'; readonly winner: number }
  | { readonly type: 'transferFailed' }
  /** This side talks to somebody of another call from now on. */
  | { readonly type: 'taken'; readonly side: Side }
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
  /** Tells the caller, by 181. */
  | { readonly type: 'tellForwarded' }
  /** Looks up where the call goes instead. */
  | {
      readonly type: 'forward';
      readonly cause: Exclude<ForwardCause, 'always'>;
      readonly contacts: readonly string[];
    }
  /** Tells the caller that it rings, with the leg's early media where it has some. */
  | { readonly type: 'ring'; readonly leg: number; readonly hasMedia: boolean }
  | { readonly type: 'answerCaller'; readonly leg: number }
  | { readonly type: 'rejectCaller'; readonly status: number; readonly reason?: string }
  /** Ends the other legs: `elsewhere` because one has answered. */
  | { readonly type: 'endLegs'; readonly except?: number; readonly why: 'elsewhere' | 'over' }
  | { readonly type: 'endLeg'; readonly leg: number; readonly why: 'elsewhere' | 'over' }
  | { readonly type: 'endCaller'; readonly cause: number }
  /** The new party takes the place of the one who asked for the transfer, which is hung up. */
  | { readonly type: 'adopt'; readonly by: Side }
  | { readonly type: 'dropTransfer' }
  | { readonly type: 'runService' }
  | { readonly type: 'tellAnswered' }
  | { readonly type: 'finish'; readonly ending: CallEnding };

/** A call from its INVITE to its record: the B2BUA's decisions (RFC 7092, RFC 3261 §16.7). */
export const callTable: StateTable<CallState, CallInput, CallOutput> = {
  routing: {
    ...routedRows,
    refused: (_, { status, reason }) => rejected({ status, ...optional({ reason }) }, 'engine'),
    callerEnded: (_, { ending }) => givenUp(ending),
    broken: (_, { reason }) => failed(500, reason),
    stop: (_, { reason }) => failed(503, reason),
  },
  ringing: {
    legRinging: (state, { leg, hasMedia }) =>
      leg < state.first ? to(state) : to(state, { type: 'ring', leg, hasMedia }),
    legAnswered: (state, { leg }) => {
      // it answered while its CANCEL was on the way, and somebody else is called by now
      if (leg < state.first) return to(state, { type: 'endLeg', leg, why: 'over' });
      return to(
        { name: 'answering', winner: leg },
        { type: 'disarmRingTimer' },
        { type: 'endLegs', except: leg, why: 'elsewhere' },
        { type: 'answerCaller', leg },
      );
    },
    legRefused: (state, { leg, status, reason, contacts }) => {
      if (leg < state.first) return to(state);
      const said = contacts === undefined ? {} : { contacts };
      const refusals = [...state.refusals, { status, ...optional({ reason }), ...said }];
      if (status < 600 && refusals.length < state.legs) return to({ ...state, refusals });
      return allRefused(refusals, state.forwards);
    },
    ringTimeout: ({ forwards }) =>
      forwards.noAnswer ? forward(NO_ANSWER, 'noAnswer') : after(end(NO_ANSWER), ...notAnswered),
    callerEnded: (_, { ending }) => after(givenUp(ending), ...endRinging),
    broken: (_, { reason }) => after(failed(500, reason), ...endRinging),
    refused: (_, { status, reason }) =>
      after(rejected({ status, ...optional({ reason }) }, 'engine'), ...endRinging),
    stop: (_, { reason }) => after(failed(503, reason), ...endRinging),
  },
  forwarding: {
    ...routedRows,
    refused: (state) => giveBack(state.otherwise),
    legAnswered: (state, { leg }) => to(state, { type: 'endLeg', leg, why: 'over' }),
    legRefused: (state) => to(state),
    callerEnded: (_, { ending }) => after(givenUp(ending), ...endRinging),
    broken: (_, { reason }) => failed(500, reason),
    stop: (_, { reason }) => failed(503, reason),
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
    transferAsked: ({ winner }, { by }) => to({ name: 'transferring', winner, by, isGone: false }),
    taken: (_, { side }) => taken(side),
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
  transferring: transferringRows,
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
