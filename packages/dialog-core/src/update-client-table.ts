import { type StateTable, type Step, type StrowgerError, to } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { FailureReason } from './dialog-user.ts';

/** Our UPDATE (RFC 3311 §5.1), above its client transaction. */
export type UpdateClientState =
  /** Somebody owes an answer to another offer. */
  | { readonly name: 'waiting'; readonly refusals: number }
  /** `withdrawn`: whatever comes is the end, it is not repeated. */
  | { readonly name: 'sent'; readonly refusals: number; readonly withdrawn: boolean }
  /** Refused for now: the delay runs. */
  | { readonly name: 'glare'; readonly refusals: number }
  | { readonly name: 'finished' };

export type UpdateClientInput =
  | { readonly type: 'free' }
  | { readonly type: 'success'; readonly response: SipResponse }
  /** `retryMs`: when it may be tried again, where it may. */
  | { readonly type: 'refusal'; readonly response: SipResponse; readonly retryMs?: number }
  | { readonly type: 'timeout' }
  | { readonly type: 'transportFailed'; readonly error: StrowgerError }
  | { readonly type: 'delayOver' }
  | { readonly type: 'withdraw' }
  | { readonly type: 'dialogEnded' };

export type UpdateClientOutput =
  | { readonly type: 'send' }
  | { readonly type: 'armDelay'; readonly delayMs: number }
  | { readonly type: 'disarm' }
  | { readonly type: 'release' }
  | { readonly type: 'accept'; readonly response: SipResponse }
  | { readonly type: 'rollback' }
  | { readonly type: 'tellRejected'; readonly response: SipResponse }
  | { readonly type: 'tellFailed'; readonly reason: FailureReason }
  /** The dialog may not survive this status (RFC 3261 §12.2.1.2). */
  | { readonly type: 'judge'; readonly status: number }
  | { readonly type: 'giveUpDialog' };

export interface UpdateClientContext {
  readonly glareRetries: number;
}

type UpdateStep = Step<UpdateClientState, UpdateClientOutput>;

const CANCELLED: FailureReason = { kind: 'cancelled' };
const DIALOG_ENDED: FailureReason = { kind: 'dialogEnded' };

const ended = (): UpdateStep => fail(DIALOG_ENDED);
const withdraw = (): UpdateStep => fail(CANCELLED);

/** What becomes of an UPDATE of ours: its turn, its answer, glare and delay (RFC 3311 §5). */
export const updateClientTable: StateTable<
  UpdateClientState,
  UpdateClientInput,
  UpdateClientOutput,
  UpdateClientContext
> = {
  waiting: {
    free: ({ refusals }) => to({ name: 'sent', refusals, withdrawn: false }, { type: 'send' }),
    withdraw,
    dialogEnded: ended,
  },
  sent: {
    success: (_, { response }) =>
      to({ name: 'finished' }, { type: 'release' }, { type: 'accept', response }),
    refusal: ({ refusals, withdrawn }, { response, retryMs }, { glareRetries }) =>
      retryMs !== undefined && !withdrawn && refusals < glareRetries
        ? to(
            { name: 'glare', refusals: refusals + 1 },
            { type: 'armDelay', delayMs: retryMs },
            { type: 'rollback' },
          )
        : reject(response),
    timeout: () => fail({ kind: 'timeout' }, { type: 'giveUpDialog' }),
    transportFailed: (_, { error }) => fail({ kind: 'transport', error }),
    withdraw: (state) => to({ ...state, withdrawn: true }),
    dialogEnded: ended,
  },
  glare: {
    delayOver: ({ refusals }) => to({ name: 'waiting', refusals }),
    withdraw,
    dialogEnded: ended,
  },
  finished: {},
};

function fail(reason: FailureReason, ...after: UpdateClientOutput[]): UpdateStep {
  return to(
    { name: 'finished' },
    { type: 'disarm' },
    { type: 'release' },
    { type: 'rollback' },
    { type: 'tellFailed', reason },
    ...after,
  );
}

function reject(response: SipResponse): UpdateStep {
  return to(
    { name: 'finished' },
    { type: 'release' },
    { type: 'rollback' },
    { type: 'tellRejected', response },
    { type: 'judge', status: response.status },
  );
}
