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

/** Our UPDATE (RFC 3311 §5.1), above its client transaction. */
export type UpdateClientState =
  /** Somebody owes an answer to another offer. */
  | { readonly name: 'waiting'; readonly refusals: number }
  /** `withdrawn`: whatever comes is the end, it is not repeated. */
  | { readonly name: 'sent'; readonly refusals: number; readonly withdrawn: boolean }
  /** Refused for now: the delay runs. */
  | { readonly name: 'glare'; readonly refusals: number }
  | { readonly name: 'finished' };

type UpdateStep = Step<UpdateClientState, ChangeOutput>;

const ended = (): UpdateStep => fail(DIALOG_ENDED);
const withdraw = (): UpdateStep => fail(CANCELLED);

/** What becomes of an UPDATE of ours: its turn, its answer, glare and delay (RFC 3311 §5). */
export const updateClientTable: StateTable<
  UpdateClientState,
  ChangeInput,
  ChangeOutput,
  ChangeContext
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
    timeout: () => timedOut({ kind: 'timeout' }),
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
