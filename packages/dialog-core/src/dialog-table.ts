import { type StateTable, type Step, to } from '@strowger/runtime';
import type { DialogEnd, MessageParts } from './dialog-user.ts';

/** The states of a dialog made by INVITE (RFC 3261 §12, §15). */
export type DialogState =
  | { readonly name: 'early' }
  /** A 2xx was sent or received, its ACK not yet. As callee our BYE has to wait for it (§15). */
  | { readonly name: 'unacknowledged'; readonly bye?: MessageParts }
  | { readonly name: 'confirmed' }
  /** Over for the owner; our BYE is under way. */
  | { readonly name: 'ending' }
  | { readonly name: 'terminated' };

export type DialogInput =
  | { readonly type: 'accepted' }
  | { readonly type: 'acknowledged' }
  | { readonly type: 'bye'; readonly parts: MessageParts }
  | { readonly type: 'byeReceived' }
  | { readonly type: 'byeFinished' }
  /** The dialog is gone, and the peer knows it or never knew of it. */
  | { readonly type: 'lost'; readonly end: DialogEnd }
  /** The dialog is no good any more; the peer may not know it and gets a BYE. Not for early ones. */
  | { readonly type: 'givenUp'; readonly end: DialogEnd };

export type DialogOutput =
  /** Acknowledges the 2xx that still waits, where one does: every 2xx gets its ACK. */
  | { readonly type: 'sendAck' }
  /** `lastTry`: the peer has been silent for 64*T1 already, and is not waited for as long again. */
  | { readonly type: 'sendBye'; readonly parts: MessageParts; readonly lastTry?: true }
  | { readonly type: 'tell'; readonly end: DialogEnd }
  | { readonly type: 'release' };

export interface DialogTableContext {
  readonly role: 'uac' | 'uas';
}

type DialogStep = Step<DialogState, DialogOutput>;

const SEND_ACK: DialogOutput = { type: 'sendAck' };
const BYE_OURS: DialogEnd = { kind: 'bye', by: 'local' };
const BYE_THEIRS: DialogEnd = { kind: 'bye', by: 'remote' };

/** The dialog: from its first response to the answer of its BYE. */
export const dialogTable: StateTable<DialogState, DialogInput, DialogOutput, DialogTableContext> = {
  early: {
    accepted: () => to({ name: 'unacknowledged' }),
    bye: (_, { parts }) => hangUp(parts, BYE_OURS),
    byeReceived: () => end(BYE_THEIRS, SEND_ACK),
    lost: (_, input) => end(input.end),
  },
  unacknowledged: {
    acknowledged: ({ bye }) =>
      bye === undefined ? to({ name: 'confirmed' }) : hangUp(bye, BYE_OURS),
    bye: (state, { parts }, { role }) =>
      role === 'uac'
        ? hangUp(parts, BYE_OURS)
        : to({ name: 'unacknowledged', bye: state.bye ?? parts }),
    byeReceived: () => end(BYE_THEIRS, SEND_ACK),
    lost: ({ bye }, input) => end(bye === undefined ? input.end : BYE_OURS),
    givenUp: ({ bye }, input, { role }) => {
      const lastTry = role === 'uas' ? ({ lastTry: true } as const) : {};
      return bye === undefined ? hangUp({}, input.end, lastTry) : hangUp(bye, BYE_OURS, lastTry);
    },
  },
  confirmed: {
    bye: (_, { parts }) => hangUp(parts, BYE_OURS),
    byeReceived: () => end(BYE_THEIRS, SEND_ACK),
    lost: (_, input) => end(input.end),
    givenUp: (_, input) => hangUp({}, input.end),
  },
  ending: {
    byeFinished: () => to({ name: 'terminated' }, { type: 'release' }),
  },
  terminated: {},
};

function end(why: DialogEnd, ...before: DialogOutput[]): DialogStep {
  return to({ name: 'terminated' }, ...before, { type: 'release' }, { type: 'tell', end: why });
}

/** The session is over as soon as the BYE is handed down (RFC 3261 §15.1.1). */
function hangUp(parts: MessageParts, why: DialogEnd, how: { lastTry?: true } = {}): DialogStep {
  const told: DialogOutput = { type: 'tell', end: why };
  return to({ name: 'ending' }, SEND_ACK, { type: 'sendBye', parts, ...how }, told);
}
