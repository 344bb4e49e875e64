import { type StateTable, type Step, to } from '@strowger/runtime';
import {
  CANCELLED,
  type ChangeContext,
  type ChangeInput,
  type ChangeOutput,
  DIALOG_ENDED,
  fail,
  reject,
  timedOut,
} from './change-client.ts';
import type { FailureReason } from './dialog-user.ts';

/** Our re-INVITE (RFC 3261 §14.1), above its client transaction. */
export type ReinviteClientState =
  /** Another INVITE is under way in the dialog, or was until now. */
  | { readonly name: 'waiting'; readonly refusals: number }
  | { readonly name: 'sent'; readonly refusals: number }
  /** Cancelled, by the owner or because it took too long. */
  | { readonly name: 'withdrawing'; readonly reason: FailureReason }
  /** 491: the random delay runs. */
  | { readonly name: 'glare'; readonly refusals: number }
  /** Its 2xx was handed up; repeated ones get the same ACK. */
  | { readonly name: 'accepted' }
  /** The dialog ended meanwhile; a 2xx is still acknowledged. */
  | { readonly name: 'orphaned' }
  | { readonly name: 'finished' };

export type ReinviteClientInput =
  | ChangeInput
  /** It has gone on for too long with nothing but provisional responses. */
  | { readonly type: 'limitReached' }
  | { readonly type: 'transactionOver' }
  | { readonly type: 'close' };

export type ReinviteClientOutput =
  | ChangeOutput
  | { readonly type: 'cancel' }
  | { readonly type: 'armLimit' }
  /** 64*T1 for the answer to an INVITE whose dialog is over. */
  | { readonly type: 'armLastWait' }
  | { readonly type: 'terminate' }
  /** Acknowledges a 2xx that nobody waits for any more. */
  | { readonly type: 'acknowledge' }
  | { readonly type: 'repeatAck' };

type ReinviteStep = Step<ReinviteClientState, ReinviteClientOutput>;

/** What becomes of a re-INVITE of ours: answered, refused, glare and its delay (RFC 3261 §14.1). */
export const reinviteClientTable: StateTable<
  ReinviteClientState,
  ReinviteClientInput,
  ReinviteClientOutput,
  ChangeContext
> = {
  waiting: {
    free: ({ refusals }) => to({ name: 'sent', refusals }, { type: 'send' }, { type: 'armLimit' }),
    withdraw: () => fail(CANCELLED),
    dialogEnded: () => fail(DIALOG_ENDED),
    close: () => fail(DIALOG_ENDED),
  },
  sent: {
    success: (_, { response }) =>
      to({ name: 'accepted' }, { type: 'disarm' }, { type: 'accept', response }),
    refusal: ({ refusals }, { response, retryMs }, { glareRetries }) =>
      retryMs !== undefined && refusals < glareRetries
        ? to(
            { name: 'glare', refusals: refusals + 1 },
            { type: 'disarm' },
            { type: 'rollback' },
            { type: 'armDelay', delayMs: retryMs },
          )
        : reject(response),
    timeout: () => timedOut({ kind: 'timeout' }),
    transportFailed: (_, { error }) => fail({ kind: 'transport', error }),
    withdraw: () => cancel(CANCELLED),
    /** What timer C does for proxies (RFC 3261 §16.8). */
    limitReached: () => cancel({ kind: 'timeout' }),
    dialogEnded: () => orphan(),
    close: () => fail(DIALOG_ENDED),
  },
  withdrawing: {
    /** The peer was faster: what it accepted holds. */
    success: (_, { response }) =>
      to({ name: 'accepted' }, { type: 'disarm' }, { type: 'accept', response }),
    refusal: ({ reason }, { response }) => fail(reason, { type: 'judge', response }),
    timeout: ({ reason }) => timedOut(reason),
    transportFailed: ({ reason }) => fail(reason),
    dialogEnded: () => orphan(),
    close: () => fail(DIALOG_ENDED),
  },
  glare: {
    delayOver: ({ refusals }) => to({ name: 'waiting', refusals }),
    withdraw: () => fail(CANCELLED),
    dialogEnded: () => fail(DIALOG_ENDED),
    close: () => fail(DIALOG_ENDED),
  },
  accepted: {
    success: (state) => to(state, { type: 'repeatAck' }),
    transactionOver: () => to({ name: 'finished' }, { type: 'release' }),
    close: () => to({ name: 'finished' }, { type: 'release' }),
  },
  orphaned: {
    success: (state) => to(state, { type: 'disarm' }, { type: 'acknowledge' }),
    refusal: () => forget(),
    timeout: () => forget(),
    transportFailed: () => forget(),
    transactionOver: () => forget(),
    delayOver: () => forget({ type: 'terminate' }),
    close: () => forget(),
  },
  finished: {},
};

/** A peer that heard the BYE answers with 487; one that is gone is not waited for. */
function orphan(): ReinviteStep {
  return to(
    { name: 'orphaned' },
    { type: 'armLastWait' },
    { type: 'tellFailed', reason: DIALOG_ENDED },
  );
}

function forget(...after: ReinviteClientOutput[]): ReinviteStep {
  return to({ name: 'finished' }, { type: 'disarm' }, { type: 'release' }, ...after);
}

function cancel(reason: FailureReason): ReinviteStep {
  return to({ name: 'withdrawing', reason }, { type: 'disarm' }, { type: 'cancel' });
}
