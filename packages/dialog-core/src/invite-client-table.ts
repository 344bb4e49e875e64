import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import type { CancelParts, DialogEnd, FailureReason } from './dialog-user.ts';

/** Our INVITE outside of dialogs, above its client transactions (RFC 3261 §13.2). */
export type InviteClientState =
  /** The hops are being looked up. */
  | { readonly name: 'locating' }
  | { readonly name: 'calling' }
  /** Taken back; the final response decides the race (RFC 3261 §9.1). */
  | { readonly name: 'cancelling' }
  /** A 2xx came: repeated ones and those of other forks are still answered. */
  | { readonly name: 'accepted' }
  | { readonly name: 'finished' };

export type InviteClientInput =
  | { readonly type: 'located'; readonly hops: readonly Hop[] }
  | { readonly type: 'provisional'; readonly response: SipResponse }
  | { readonly type: 'success'; readonly response: SipResponse }
  | { readonly type: 'refusal'; readonly response: SipResponse }
  | { readonly type: 'timeout' }
  | { readonly type: 'transportFailed'; readonly error: StrowgerError }
  | { readonly type: 'transactionOver' }
  | { readonly type: 'cancel'; readonly parts: CancelParts }
  | { readonly type: 'close' };

export type InviteClientOutput =
  | { readonly type: 'send'; readonly hops: readonly Hop[] }
  | { readonly type: 'cancel'; readonly parts: CancelParts }
  | { readonly type: 'provisional'; readonly response: SipResponse }
  /** The first 2xx: its dialog is the owner's. */
  | { readonly type: 'accept'; readonly response: SipResponse }
  /** A further 2xx: the same ACK for a known one; ACK and BYE for another fork's. */
  | { readonly type: 'acceptAgain'; readonly response: SipResponse }
  | { readonly type: 'decline'; readonly response: SipResponse; readonly end: DialogEnd }
  | { readonly type: 'endEarlyDialogs'; readonly end: DialogEnd }
  | { readonly type: 'release' }
  | { readonly type: 'tellRejected'; readonly response: SipResponse }
  | { readonly type: 'tellFailed'; readonly reason: FailureReason };

type InviteClientStep = Step<InviteClientState, InviteClientOutput>;

const CANCELLED = { kind: 'cancelled' } as const;
const OTHER_FORK: DialogEnd = { kind: 'otherForkAnswered' };

/** What becomes of an INVITE of ours: early dialogs, forks, CANCEL and its race (RFC 3261 §13.2). */
export const inviteClientTable: StateTable<
  InviteClientState,
  InviteClientInput,
  InviteClientOutput
> = {
  locating: {
    located: (_, { hops }) => to({ name: 'calling' }, { type: 'send', hops }),
    transportFailed: (_, { error }) => lost(error),
    cancel: () => fail(CANCELLED, CANCELLED),
    close: () => closed(),
  },
  calling: {
    provisional: (state, { response }) => to(state, { type: 'provisional', response }),
    success: (_, { response }) => to({ name: 'accepted' }, { type: 'accept', response }),
    refusal: (_, { response }) => reject(response),
    timeout: () => fail({ kind: 'timeout' }, { kind: 'timeout' }),
    transportFailed: (_, { error }) => lost(error),
    cancel: (_, { parts }) => to({ name: 'cancelling' }, { type: 'cancel', parts }),
    close: () => closed(),
  },
  cancelling: {
    success: (_, { response }) =>
      to(
        { name: 'accepted' },
        { type: 'decline', response, end: CANCELLED },
        { type: 'tellFailed', reason: CANCELLED },
      ),
    refusal: (_, { response }) =>
      response.status === 487
        ? to(
            { name: 'finished' },
            { type: 'release' },
            { type: 'endEarlyDialogs', end: CANCELLED },
            { type: 'tellRejected', response },
          )
        : reject(response),
    timeout: () => fail(CANCELLED, CANCELLED),
    transportFailed: () => fail(CANCELLED, CANCELLED),
    close: () => closed(),
  },
  accepted: {
    success: (state, { response }) => to(state, { type: 'acceptAgain', response }),
    /** Early dialogs that got no 2xx within 64*T1 are over (RFC 3261 §13.2.2.4). */
    transactionOver: () =>
      to({ name: 'finished' }, { type: 'release' }, { type: 'endEarlyDialogs', end: OTHER_FORK }),
    close: () => to({ name: 'finished' }, { type: 'release' }),
  },
  finished: {},
};

function fail(reason: FailureReason, end: DialogEnd): InviteClientStep {
  return to(
    { name: 'finished' },
    { type: 'release' },
    { type: 'endEarlyDialogs', end },
    { type: 'tellFailed', reason },
  );
}

function lost(error: StrowgerError): InviteClientStep {
  return fail({ kind: 'transport', error }, { kind: 'transport', error });
}

function closed(): InviteClientStep {
  return fail({ kind: 'dialogEnded' }, { kind: 'closed' });
}

function reject(response: SipResponse): InviteClientStep {
  return to(
    { name: 'finished' },
    { type: 'release' },
    { type: 'endEarlyDialogs', end: { kind: 'rejected', status: response.status } },
    { type: 'tellRejected', response },
  );
}
