import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** The answering side of an INVITE, above its server transaction (RFC 3261 §13.3, §14.2). */
export type InviteServerState =
  /** `rseq`: of the last reliable provisional, or where numbering starts (RFC 3262 §3). */
  | {
      readonly name: 'pending';
      readonly rseq: number;
      readonly provisional?: { readonly response: SipResponse; readonly isReliable: boolean };
    }
  /** A reliable provisional has no PRACK yet (RFC 3262 §3). */
  | ({ readonly name: 'awaitingPrack' } & Unacknowledged)
  /** The same, and the owner has accepted: the 2xx follows the PRACK. */
  | ({ readonly name: 'holding'; readonly success: SipResponse } & Unacknowledged)
  | {
      readonly name: 'accepted';
      readonly success: SipResponse;
      readonly intervalMs: number;
      /** A reliable provisional without description that may still get its PRACK. */
      readonly unacknowledged?: number;
    }
  | { readonly name: 'finished' };

interface Unacknowledged {
  readonly rseq: number;
  /** As sent. */
  readonly response: SipResponse;
  readonly isDescribed: boolean;
  readonly intervalMs: number;
  /** Further reliable ones: one at a time is on its way. */
  readonly queue: readonly Provisional[];
}

/** A provisional response above 100 that is to be sent. */
export interface Provisional {
  readonly response: SipResponse;
  readonly isDescribed: boolean;
}

export type InviteServerInput =
  | { readonly type: 'progress'; readonly response: SipResponse }
  | ({ readonly type: 'progressReliably' } & Provisional)
  | { readonly type: 'accept'; readonly response: SipResponse }
  | { readonly type: 'reject'; readonly response: SipResponse }
  /** A PRACK that `awaitedRSeq` allows. */
  | { readonly type: 'prackReceived' }
  | { readonly type: 'cancelReceived'; readonly cancel: SipRequest; readonly response: SipResponse }
  /** BYE came while the INVITE had no answer, or its 2xx no ACK (RFC 3261 §15.1.2). */
  | { readonly type: 'byeReceived'; readonly bye: SipRequest; readonly response: SipResponse }
  | { readonly type: 'ackReceived'; readonly ack: SipRequest }
  | { readonly type: 'transportFailed'; readonly error: StrowgerError }
  | { readonly type: 'repeat' }
  | { readonly type: 'refresh' }
  | { readonly type: 'giveUp' }
  /** The time of the INVITE's Expires is over (RFC 3261 §13.3.1). */
  | { readonly type: 'expired'; readonly response: SipResponse }
  /** No PRACK within 64*T1. */
  | { readonly type: 'noPrack'; readonly response: SipResponse }
  /** Whoever accepted it has hung up: the 2xx need not leave any more, where it has not yet. */
  | { readonly type: 'withdraw'; readonly response: SipResponse }
  /** The dialog ended by us: a pending INVITE still gets its answer (RFC 3261 §15.1.2). */
  | { readonly type: 'dialogEnded'; readonly response: SipResponse };

export type InviteServerOutcome =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'cancelled'; readonly cancel: SipRequest }
  | { readonly kind: 'expired' }
  | { readonly kind: 'noPrack'; readonly status: number }
  | { readonly kind: 'acknowledged'; readonly ack: SipRequest }
  | { readonly kind: 'noAck' }
  /** The caller ended its early dialog. */
  | { readonly kind: 'bye'; readonly bye: SipRequest }
  /** Its dialog ended, or the layer was closed. */
  | { readonly kind: 'ended' };

export type InviteServerTimer = 'repeat' | 'refresh' | 'giveUp' | 'noPrack';

export type InviteServerOutput =
  | { readonly type: 'respond'; readonly response: SipResponse }
  | { readonly type: 'arm'; readonly timer: InviteServerTimer; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'tellTransportError'; readonly error: StrowgerError }
  | { readonly type: 'finish'; readonly outcome: InviteServerOutcome };

export interface InviteServerContext {
  readonly t1Ms: number;
  readonly t2Ms: number;
  /** The response with this RSeq, and with Require: 100rel. */
  number(response: SipResponse, rseq: number): SipResponse;
}

/** A proxy cancels an INVITE whose last provisional is three minutes old (RFC 3261 §13.3.1.1). */
const REFRESH_MS = 60_000;
/** Reliable provisionals that may wait for their turn; what is beyond is not sent. */
const QUEUE_LIMIT = 8;

type InviteServerStep = Step<InviteServerState, InviteServerOutput>;
type Held = Extract<InviteServerState, { name: 'awaitingPrack' | 'holding' }>;
type Input<T extends InviteServerInput['type']> = Extract<InviteServerInput, { type: T }>;

/** Rows of every state without a final answer. */
const unansweredRows = {
  cancelReceived: (_: object, { cancel, response }: Input<'cancelReceived'>) =>
    finish({ kind: 'cancelled', cancel }, respond(response)),
  byeReceived: (_: object, { bye, response }: Input<'byeReceived'>) =>
    finish({ kind: 'bye', bye }, respond(response)),
  expired: (_: object, { response }: Input<'expired'>) =>
    finish({ kind: 'expired' }, respond(response)),
  dialogEnded: (_: object, { response }: Input<'dialogEnded'>) =>
    finish({ kind: 'ended' }, respond(response)),
};

const reject = (_: object, { response }: Input<'reject' | 'withdraw'>): InviteServerStep =>
  finish({ kind: 'refused', status: response.status }, respond(response));

/** Rows of both states in which a reliable provisional has no PRACK. */
const unacknowledgedRows = {
  ...unansweredRows,
  /** Not limited by T2 (RFC 3262 §3). */
  repeat: <S extends Held>(state: S): InviteServerStep => {
    const intervalMs = 2 * state.intervalMs;
    return to({ ...state, intervalMs }, respond(state.response), arm('repeat', intervalMs));
  },
  noPrack: (_: object, { response }: Input<'noPrack'>): InviteServerStep =>
    finish({ kind: 'noPrack', status: response.status }, respond(response)),
};

const tellTransportError = <S extends InviteServerState>(
  state: S,
  { error }: Input<'transportFailed'>,
): InviteServerStep => to(state, { type: 'tellTransportError', error });

/** What becomes of a peer's INVITE: progress, one final answer, CANCEL (RFC 3261 §13.3). */
export const inviteServerTable: StateTable<
  InviteServerState,
  InviteServerInput,
  InviteServerOutput,
  InviteServerContext
> = {
  pending: {
    ...unansweredRows,
    progress: (state, { response }) => {
      if (response.status === 100) return to(state, respond(response));
      const provisional = { response, isReliable: false };
      return to(
        { name: 'pending', rseq: state.rseq, provisional },
        { type: 'disarm' },
        respond(response),
        arm('refresh', REFRESH_MS),
      );
    },
    progressReliably: ({ rseq }, provisional, context) =>
      sendReliably({ ...provisional, rseq: rseq + 1, queue: [] }, context),
    refresh: (state, _, context) => {
      const { provisional, rseq } = state;
      if (provisional === undefined) return to(state);
      const { response, isReliable } = provisional;
      if (!isReliable) return to(state, respond(response), arm('refresh', REFRESH_MS));
      return sendReliably({ response, isDescribed: false, rseq: rseq + 1, queue: [] }, context);
    },
    accept: (_, { response }, { t1Ms }) => accept(response, t1Ms),
    reject,
    transportFailed: tellTransportError,
  },
  awaitingPrack: {
    ...unacknowledgedRows,
    progress: (state, { response }) => to(state, respond(response)),
    progressReliably: (state, { response, isDescribed }) =>
      state.queue.length < QUEUE_LIMIT
        ? to({ ...state, queue: [...state.queue, { response, isDescribed }] })
        : to(state),
    prackReceived: ({ queue: [next, ...queue], rseq, response }, _, context) =>
      next === undefined
        ? to(
            { name: 'pending', rseq, provisional: { response, isReliable: true } },
            { type: 'disarm' },
            arm('refresh', REFRESH_MS),
          )
        : sendReliably({ ...next, rseq: rseq + 1, queue }, context),
    // a description without its PRACK keeps the 2xx back, anything else does not (RFC 3262 §3)
    accept: (state, { response }, { t1Ms }) =>
      state.isDescribed
        ? to({ ...state, name: 'holding', success: response, queue: [] })
        : accept(response, t1Ms, state.rseq),
    reject,
    transportFailed: tellTransportError,
  },
  holding: {
    ...unacknowledgedRows,
    prackReceived: ({ success }, _, { t1Ms }) => accept(success, t1Ms),
    withdraw: reject,
    transportFailed: tellTransportError,
  },
  accepted: {
    /** Over every transport: a hop further on may be UDP (RFC 3261 §13.3.1.4). */
    repeat: (state, _, { t2Ms }) => {
      const intervalMs = Math.min(2 * state.intervalMs, t2Ms);
      return to({ ...state, intervalMs }, respond(state.success), arm('repeat', intervalMs));
    },
    prackReceived: ({ name, success, intervalMs }) => to({ name, success, intervalMs }),
    ackReceived: (_, { ack }) => finish({ kind: 'acknowledged', ack }),
    giveUp: () => finish({ kind: 'noAck' }),
    byeReceived: () => finish({ kind: 'ended' }),
    /** The next repetition may find a way; without an ACK the call ends as one. */
    transportFailed: tellTransportError,
    dialogEnded: () => finish({ kind: 'ended' }),
  },
  finished: {},
};

/** The RSeq whose PRACK is awaited, if any. */
export function awaitedRSeq(state: InviteServerState): number | undefined {
  if (state.name === 'awaitingPrack' || state.name === 'holding') return state.rseq;
  return state.name === 'accepted' ? state.unacknowledged : undefined;
}

function sendReliably(
  { response, isDescribed, rseq, queue }: Provisional & Pick<Unacknowledged, 'rseq' | 'queue'>,
  { t1Ms, number }: InviteServerContext,
): InviteServerStep {
  const numbered = number(response, rseq);
  return to(
    { name: 'awaitingPrack', rseq, response: numbered, isDescribed, intervalMs: t1Ms, queue },
    { type: 'disarm' },
    respond(numbered),
    arm('repeat', t1Ms),
    arm('noPrack', 64 * t1Ms),
  );
}

function accept(success: SipResponse, t1Ms: number, unacknowledged?: number): InviteServerStep {
  const accepted = { name: 'accepted', success, intervalMs: t1Ms } as const;
  return to(
    unacknowledged === undefined ? accepted : { ...accepted, unacknowledged },
    { type: 'disarm' },
    respond(success),
    arm('repeat', t1Ms),
    arm('giveUp', 64 * t1Ms),
  );
}

function respond(response: SipResponse): InviteServerOutput {
  return { type: 'respond', response };
}

function arm(timer: InviteServerTimer, delayMs: number): InviteServerOutput {
  return { type: 'arm', timer, delayMs };
}

function finish(outcome: InviteServerOutcome, ...before: InviteServerOutput[]): InviteServerStep {
  return to({ name: 'finished' }, { type: 'disarm' }, ...before, { type: 'finish', outcome });
}
