import { type StateTable, type Step, to } from '@strowger/runtime';
import { cancelled, type EndReason, hungUp, mediaFailed, type PeerReason } from './end-reason.ts';
import type {
  Refused,
  SessionInput,
  SessionMachineState,
  SessionOutput,
} from './session-machine.ts';

/** @internal */
export type SessionTable = StateTable<SessionMachineState, SessionInput, SessionOutput>;
/** @internal */
export type SessionStep = Step<SessionMachineState, SessionOutput>;

/** @internal The end is decided: carry out what it takes and wait for the peer's last word. */
export function endAfter(reason: EndReason, ...outputs: SessionOutput[]): SessionStep {
  const ending = { name: 'ending', reason, signalling: true, media: true } as const;
  return to(ending, ...outputs, { type: 'closeMedia' });
}

/** @internal The same where nothing more is expected of the peer. */
export function endNow(reason: EndReason, ...outputs: SessionOutput[]): SessionStep {
  const ending = { name: 'ending', reason, signalling: false, media: true } as const;
  return to(ending, ...outputs, { type: 'closeMedia' });
}

/** @internal Rows that every state with a dialog has. */
export const dialogRows = {
  hangUp: (_: object, { why }: { why: PeerReason }): SessionStep =>
    endAfter(hungUp('local', why), { type: 'bye', why }),
  byeReceived: (_: object, { why }: { why: PeerReason }): SessionStep =>
    endAfter(hungUp('remote', why)),
  dialogEnded: (_: object, { reason }: { reason: EndReason }): SessionStep => endNow(reason),
  mediaFailed: (_: object, refused: Refused): SessionStep => byeForMedia(refused),
};

/** @internal Media cannot go on in an answered call. */
export function byeForMedia({ code, message }: Refused): SessionStep {
  const reason = mediaFailed(code, message);
  const why = { cause: reason.cause, text: 'media failed' };
  return endAfter(reason, { type: 'bye', why });
}

/** @internal Media cannot be had while our INVITE is under way. */
export function cancelForMedia({ code, message }: Refused): SessionStep {
  return endAfter(mediaFailed(code, message), { type: 'cancel', why: { text: 'media failed' } });
}

/** @internal We gave up before the answer. */
export function cancelBy(why: PeerReason): EndReason {
  return cancelled('local', why);
}

/** @internal */
export const endingRows: Pick<SessionTable, 'ending' | 'ended'> = {
  ending: {
    inviteOver: (state) => finish({ ...state, signalling: false }),
    dialogEnded: (state) => finish({ ...state, signalling: false }),
    mediaClosed: (state, { stats }) =>
      finish({ ...state, media: false, ...(stats === undefined ? {} : { stats }) }),
    changeOffered: (state) => to(state, { type: 'refuseChange', status: 481 }),
  },
  ended: {},
};

function finish(state: Extract<SessionMachineState, { name: 'ending' }>): SessionStep {
  if (state.signalling || state.media) return to(state);
  const { reason, stats } = state;
  return to({ name: 'ended', reason, ...(stats === undefined ? {} : { stats }) });
}
