import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** The answering side of an INVITE, above its server transaction (RFC 3261 §13.3, §14.2). */
export type InviteServerState =
  | { readonly name: 'pending'; readonly provisional?: SipResponse }
  | { readonly name: 'accepted'; readonly success: SipResponse; readonly intervalMs: number }
  | { readonly name: 'finished' };

export type InviteServerInput =
  | { readonly type: 'progress'; readonly response: SipResponse }
  | { readonly type: 'accept'; readonly response: SipResponse }
  | { readonly type: 'reject'; readonly response: SipResponse }
  | { readonly type: 'cancelReceived'; readonly cancel: SipRequest; readonly response: SipResponse }
  /** BYE came while the INVITE had no answer, or its 2xx no ACK (RFC 3261 §15.1.2). */
  | { readonly type: 'byeReceived'; readonly bye: SipRequest; readonly response: SipResponse }
  | { readonly type: 'ackReceived'; readonly ack: SipRequest }
  | { readonly type: 'transportFailed'; readonly error: StrowgerError }
  | { readonly type: 'repeat' }
  | { readonly type: 'refresh' }
  | { readonly type: 'giveUp' }
  /** The dialog ended by us: a pending INVITE still gets its answer (RFC 3261 §15.1.2). */
  | { readonly type: 'dialogEnded'; readonly response: SipResponse };

export type InviteServerOutcome =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'cancelled'; readonly cancel: SipRequest }
  | { readonly kind: 'acknowledged'; readonly ack: SipRequest }
  | { readonly kind: 'noAck' }
  /** The caller ended its early dialog. */
  | { readonly kind: 'bye'; readonly bye: SipRequest }
  /** Its dialog ended, or the layer was closed. */
  | { readonly kind: 'ended' };

export type InviteServerTimer = 'repeat' | 'refresh' | 'giveUp';

export type InviteServerOutput =
  | { readonly type: 'respond'; readonly response: SipResponse }
  | { readonly type: 'arm'; readonly timer: InviteServerTimer; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'tellTransportError'; readonly error: StrowgerError }
  | { readonly type: 'finish'; readonly outcome: InviteServerOutcome };

export interface InviteServerContext {
  readonly t1Ms: number;
  readonly t2Ms: number;
}

/** A proxy cancels an INVITE whose last provisional is three minutes old (RFC 3261 §13.3.1.1). */
const REFRESH_MS = 60_000;

type InviteServerStep = Step<InviteServerState, InviteServerOutput>;

/** What becomes of a peer's INVITE: progress, one final answer, CANCEL (RFC 3261 §13.3). */
export const inviteServerTable: StateTable<
  InviteServerState,
  InviteServerInput,
  InviteServerOutput,
  InviteServerContext
> = {
  pending: {
    progress: (state, { response }) => {
      if (response.status === 100) return to(state, respond(response));
      const next: InviteServerState = { name: 'pending', provisional: response };
      return to(next, { type: 'disarm' }, respond(response), arm('refresh', REFRESH_MS));
    },
    refresh: (state) =>
      state.provisional === undefined
        ? to(state)
        : to(state, respond(state.provisional), arm('refresh', REFRESH_MS)),
    accept: (_, { response }, { t1Ms }) =>
      to(
        { name: 'accepted', success: response, intervalMs: t1Ms },
        { type: 'disarm' },
        respond(response),
        arm('repeat', t1Ms),
        arm('giveUp', 64 * t1Ms),
      ),
    reject: (_, { response }) =>
      finish({ kind: 'refused', status: response.status }, respond(response)),
    cancelReceived: (_, { cancel, response }) =>
      finish({ kind: 'cancelled', cancel }, respond(response)),
    byeReceived: (_, { bye, response }) => finish({ kind: 'bye', bye }, respond(response)),
    transportFailed: (state, { error }) => to(state, { type: 'tellTransportError', error }),
    dialogEnded: (_, { response }) => finish({ kind: 'ended' }, respond(response)),
  },
  accepted: {
    /** Over every transport: a hop further on may be UDP (RFC 3261 §13.3.1.4). */
    repeat: ({ success, intervalMs }, _, { t2Ms }) => {
      const next = Math.min(2 * intervalMs, t2Ms);
      return to(
        { name: 'accepted', success, intervalMs: next },
        respond(success),
        arm('repeat', next),
      );
    },
    ackReceived: (_, { ack }) => finish({ kind: 'acknowledged', ack }),
    giveUp: () => finish({ kind: 'noAck' }),
    byeReceived: () => finish({ kind: 'ended' }),
    /** The next repetition may find a way; without an ACK the call ends as one. */
    transportFailed: (state, { error }) => to(state, { type: 'tellTransportError', error }),
    dialogEnded: () => finish({ kind: 'ended' }),
  },
  finished: {},
};

function respond(response: SipResponse): InviteServerOutput {
  return { type: 'respond', response };
}

function arm(timer: InviteServerTimer, delayMs: number): InviteServerOutput {
  return { type: 'arm', timer, delayMs };
}

function finish(outcome: InviteServerOutcome, ...before: InviteServerOutput[]): InviteServerStep {
  return to({ name: 'finished' }, { type: 'disarm' }, ...before, { type: 'finish', outcome });
}
