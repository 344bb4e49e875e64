import { to } from '@strowger/runtime';
import { cancelled, mediaFailed, rejected, timeout } from './end-reason.ts';
import {
  byeForMedia,
  dialogRows,
  endNow,
  type SessionStep,
  type SessionTable,
} from './ending-rows.ts';
import { establish } from './established-rows.ts';
import type { Sdp } from './media-backend.ts';
import type {
  AnswerPlan,
  LocalMedia,
  Refused,
  SessionMachineState,
  SessionOutput,
} from './session-machine.ts';
import { statedDirection } from './stated-direction.ts';

type Incoming = Extract<SessionMachineState, { name: 'incoming' }>;
type Answering = Extract<SessionMachineState, { name: 'answering' }>;
type Ready = Extract<LocalMedia, { stage: 'ready' }>;

const refuseBeforeAnswer = {
  reject: (_: object, { status, reason }: Extract<RejectInput, { type: 'reject' }>): SessionStep =>
    endNow(reason, { type: 'refuse', status }),
  hangUp: (): SessionStep => endNow(rejected('local', 480), { type: 'refuse', status: 480 }),
  cancelReceived: (_: object, { why }: Extract<RejectInput, { type: 'cancelReceived' }>) =>
    endNow(cancelled('remote', why)),
  ringTimeout: (): SessionStep => endNow(timeout('ring'), { type: 'refuse', status: 480 }),
  mediaFailed: (_: object, refused: Refused): SessionStep => refuseForMedia(refused),
};
type RejectInput = import('./session-machine.ts').SessionInput;

/** @internal The caller's INVITE and our answer (RFC 3261 §13.3). */
export const incomingRows: Pick<SessionTable, 'incoming' | 'answering' | 'awaitingAnswer'> = {
  incoming: {
    ...refuseBeforeAnswer,
    ring: (state, { progress }) =>
      to(
        { ...state, alerted: state.alerted || progress.status >= 180 },
        { type: 'sendProgress', progress },
      ),
    ringWithMedia: (state, { progress, plan }) => {
      if (state.media.stage === 'ready') return progressWith(state, state.media, progress);
      return start({ ...state, wish: progress }, plan);
    },
    prepare: (state, { plan }) =>
      state.media.stage === 'ready' ? to(state, { type: 'prepared' }) : start(state, plan),
    answer: ({ offer, alerted, media }, { plan }) => {
      const call = { alerted, media, ...(offer === undefined ? {} : { offer }) };
      const state: Answering = { name: 'answering', ...call };
      return media.stage === 'ready' ? accept(state, media) : start(state, plan);
    },
    mediaOpened: (state) => to(state, describe(state.offer)),
    answerReady: (state, { sdp, direction }) => prepared(state, { stage: 'ready', sdp, direction }),
    offerReady: (state, { sdp }) => prepared(state, { stage: 'ready', sdp, direction: 'sendrecv' }),
    mediaRefused: (state, { code, message }) =>
      to(
        { ...withoutWish(state), media: { stage: 'none' } },
        { type: 'prepared', refusal: { code, message } },
      ),
  },
  answering: {
    ...refuseBeforeAnswer,
    mediaOpened: (state) => to(state, describe(state.offer)),
    answerReady: (state, { sdp, direction }) => accept(state, { stage: 'ready', sdp, direction }),
    offerReady: (state, { sdp }) => accept(state, { stage: 'ready', sdp, direction: 'sendrecv' }),
    mediaRefused: (_, refused) => refuseForMedia(refused),
  },
  awaitingAnswer: {
    ...dialogRows,
    ackReceived: (state, { sdp }) =>
      sdp === undefined
        ? byeForMedia({ code: 'MEDIA_NO_ANSWER', message: 'the ACK has no session description' })
        : to({ name: 'accepting', rang: true, late: false }, { type: 'acceptAnswer', answer: sdp }),
    changeOffered: (state) => to(state, { type: 'refuseChange', status: 491 }),
  },
};

/** Begins our description, unless it is already being made. */
function start(state: Incoming | Answering, plan: AnswerPlan): SessionStep {
  if (plan.sdp !== undefined) {
    const ready: Ready = { stage: 'ready', sdp: plan.sdp, direction: statedDirection(plan.sdp) };
    return state.name === 'incoming' ? prepared(state, ready) : accept(state, ready);
  }
  if (state.media.stage === 'working') return to(state);
  const working = { ...state, media: { stage: 'working' } } as const;
  return to(working, plan.given ? describe(state.offer) : { type: 'openMedia' });
}

function describe(offer: Sdp | undefined): SessionOutput {
  if (offer === undefined) return { type: 'createOffer', direction: 'sendrecv' };
  return { type: 'acceptOffer', offer, direction: 'sendrecv' };
}

function prepared(state: Incoming, media: Ready): SessionStep {
  const { wish } = state;
  if (wish === undefined) return to({ ...state, media }, { type: 'prepared' });
  return progressWith(state, media, wish);
}

function withoutWish({ offer, alerted, media }: Incoming): Incoming {
  return { name: 'incoming', alerted, media, ...(offer === undefined ? {} : { offer }) };
}

/** A provisional response with our answer: early media (RFC 3960). */
function progressWith(
  state: Incoming,
  media: Ready,
  progress: NonNullable<Incoming['wish']>,
): SessionStep {
  return to(
    { ...withoutWish(state), media, alerted: true },
    { type: 'sendProgress', progress, sdp: media.sdp },
    { type: 'prepared' },
  );
}

function accept({ offer }: Answering, { sdp, direction }: Ready): SessionStep {
  const accepted: SessionOutput = { type: 'accept', sdp };
  const ready: SessionOutput = { type: 'prepared' };
  if (offer === undefined)
    return to<SessionMachineState, SessionOutput>({ name: 'awaitingAnswer' }, ready, accepted);
  return establish(direction, ready, accepted);
}

function refuseForMedia({ code, message }: Refused): SessionStep {
  const reason = mediaFailed(code, message);
  return endNow(reason, { type: 'refuse', status: reason.status });
}
