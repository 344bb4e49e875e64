import { type StateTable, to } from '@strowger/runtime';

/** How a recording session came to its end. */
export type RecordingEnding =
  /** We ended it. */
  | { readonly kind: 'completed' }
  /** We ended it before the server had answered. */
  | { readonly kind: 'cancelled' }
  /** It never began: the server refused it or could not be reached, or media could not be copied. */
  | ({ readonly kind: 'refused' } & RecordingFault)
  /** The server ended it or is gone, or media could not be copied any more. */
  | ({ readonly kind: 'lost' } & RecordingFault);

/** Why: the SIP status that fits, and words for people. */
export interface RecordingFault {
  readonly status: number;
  readonly text: string;
}

/** Where a recording session stands. `isStale`: the call has changed since it was described. */
export type RecordingState =
  | { readonly name: 'opening' }
  | { readonly name: 'calling'; readonly isStale: boolean }
  | { readonly name: 'recording' }
  /** The call has changed, and may go on to change for a moment. */
  | { readonly name: 'settling' }
  | { readonly name: 'updating'; readonly isStale: boolean }
  /** Media is still being opened, for nobody. */
  | { readonly name: 'abandoned' }
  | { readonly name: 'ending'; readonly ending: RecordingEnding }
  | { readonly name: 'ended'; readonly ending: RecordingEnding };

/** What happens to a recording session. */
export type RecordingInput =
  | { readonly type: 'feedOpened' }
  | ({ readonly type: 'feedRefused' } & RecordingFault)
  | { readonly type: 'answered' }
  /** The server has taken too long. */
  | { readonly type: 'unanswered' }
  | ({ readonly type: 'sessionEnded' } & RecordingFault)
  /** Who takes part, or how, is not what it was. */
  | { readonly type: 'changed' }
  | { readonly type: 'settled' }
  /** The server knows, or has refused to; what was recorded goes on. */
  | { readonly type: 'updated' }
  /** Media has moved and could not be copied from there. */
  | ({ readonly type: 'updateFailed' } & RecordingFault)
  | { readonly type: 'stop' };

/** What a recording session does. */
export type RecordingOutput =
  | { readonly type: 'call' }
  | { readonly type: 'hangUp' }
  | { readonly type: 'arm'; readonly timer: RecordingTimer }
  | { readonly type: 'disarm'; readonly timer: RecordingTimer }
  | { readonly type: 'update' }
  | { readonly type: 'tellStarted' }
  | { readonly type: 'tellRefused'; readonly text: string; readonly status?: number }
  | { readonly type: 'finish'; readonly ending: RecordingEnding };

/** How long its server may take to answer, and its call to settle after a change. */
export type RecordingTimer = 'answer' | 'settling';

type Step = { next: RecordingState; outputs: readonly RecordingOutput[] };

const COMPLETED: RecordingEnding = { kind: 'completed' };
const CANCELLED: RecordingEnding = { kind: 'cancelled' };

const UNANSWERED = { kind: 'refused', status: 408, text: 'no answer' } as const;
const disarmAnswer: RecordingOutput = { type: 'disarm', timer: 'answer' };
const disarmSettling: RecordingOutput = { type: 'disarm', timer: 'settling' };

const settle = (...outputs: RecordingOutput[]): Step =>
  to({ name: 'settling' }, ...outputs, { type: 'arm', timer: 'settling' });
const finish = (ending: RecordingEnding, ...outputs: RecordingOutput[]): Step =>
  to({ name: 'ended', ending }, ...outputs, { type: 'finish', ending });
const end = (ending: RecordingEnding, ...outputs: RecordingOutput[]): Step =>
  to({ name: 'ending', ending }, ...outputs, { type: 'hangUp' });
const refuse = ({ status, text }: RecordingFault, ...outputs: RecordingOutput[]): Step =>
  finish({ kind: 'refused', status, text }, ...outputs, { type: 'tellRefused', text, status });
const lose = ({ status, text }: RecordingFault, ...outputs: RecordingOutput[]): Step =>
  finish({ kind: 'lost', status, text }, ...outputs);
const tellStarted: RecordingOutput = { type: 'tellStarted' };
const tellCancelled: RecordingOutput = {
  type: 'tellRefused',
  text: 'it was stopped before it began',
};

/** A session with a recording server, from its media to its end (RFC 7866 §6.1). */
export const recordingTable: StateTable<RecordingState, RecordingInput, RecordingOutput> = {
  opening: {
    feedOpened: () =>
      to({ name: 'calling', isStale: false }, { type: 'arm', timer: 'answer' }, { type: 'call' }),
    feedRefused: (_, fault) => refuse(fault),
    changed: (state) => to(state), // nothing was described yet
    stop: () => to({ name: 'abandoned' }, tellCancelled),
  },
  calling: {
    answered: ({ isStale }) =>
      isStale
        ? settle(disarmAnswer, tellStarted)
        : to<RecordingState, RecordingOutput>({ name: 'recording' }, disarmAnswer, tellStarted),
    unanswered: () => end(UNANSWERED, { type: 'tellRefused', text: UNANSWERED.text, status: 408 }),
    sessionEnded: (_, fault) => refuse(fault, disarmAnswer),
    changed: () => to({ name: 'calling', isStale: true }),
    stop: () => end(CANCELLED, disarmAnswer, tellCancelled),
  },
  recording: {
    changed: () => settle(),
    sessionEnded: (_, fault) => lose(fault),
    stop: () => end(COMPLETED),
  },
  settling: {
    changed: (state) => to(state),
    settled: () => to({ name: 'updating', isStale: false }, { type: 'update' }),
    sessionEnded: (_, fault) => lose(fault, disarmSettling),
    stop: () => end(COMPLETED, disarmSettling),
  },
  updating: {
    changed: () => to({ name: 'updating', isStale: true }),
    updated: ({ isStale }) => (isStale ? settle() : to({ name: 'recording' })),
    updateFailed: (_, { status, text }) => end({ kind: 'lost', status, text }),
    sessionEnded: (_, fault) => lose(fault),
    stop: () => end(COMPLETED),
  },
  abandoned: {
    feedOpened: () => finish(CANCELLED),
    feedRefused: () => finish(CANCELLED),
    stop: (state) => to(state),
  },
  ending: {
    sessionEnded: ({ ending }) => finish(ending),
    stop: (state) => to(state),
  },
  ended: {
    stop: (state) => to(state),
  },
};
