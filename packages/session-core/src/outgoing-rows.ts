import { to } from '@strowger/runtime';
import { mediaFailed, timeout } from './end-reason.ts';
import {
  byeForMedia,
  cancelBy,
  cancelForMedia,
  dialogRows,
  endAfter,
  endNow,
  type SessionStep,
  type SessionTable,
} from './ending-rows.ts';
import { establish } from './established-rows.ts';
import type { Sdp } from './media-backend.ts';
import type { EarlyAnswer, SessionMachineState, SessionOutput } from './session-machine.ts';

type Inviting = Extract<SessionMachineState, { name: 'inviting' }>;

/** @internal Our INVITE and its answer (RFC 3261 §13.2). */
export const outgoingRows: Pick<SessionTable, 'created' | 'preparing' | 'inviting' | 'accepting'> =
  {
    created: {
      dial: ({ plan }) => {
        if (!plan.given) return to({ name: 'preparing', late: plan.late }, { type: 'openMedia' });
        if (plan.late || plan.offer !== undefined) return invite(plan.offer);
        return offerFirst();
      },
      hangUp: (_, { why }) => endNow(cancelBy(why)),
    },
    preparing: {
      mediaOpened: ({ late }) => (late ? invite(undefined) : offerFirst()),
      offerReady: (_, { sdp }) => invite(sdp),
      mediaRefused: (_, { code, message }) => endNow(mediaFailed(code, message)),
      mediaFailed: (_, { code, message }) => endNow(mediaFailed(code, message)),
      hangUp: (_, { why }) => endNow(cancelBy(why)),
    },
    inviting: {
      provisional: (state, { status, sdp }) => {
        const rings = { ...state, rang: state.rang || status >= 180 };
        return sdp === undefined || !state.offered ? to(rings) : hearAnswer(rings, sdp);
      },
      answerApplied: (state, { sdp, direction }) =>
        applyNext(state, { applied: { sdp, direction } }),
      // another fork, or the 200, may bring a better one
      mediaRefused: (state) =>
        applyNext(state, state.answer.applied ? { applied: state.answer.applied } : {}),
      accepted: (state, { sdp }) =>
        state.offered ? acceptAnswer(state, sdp) : lateOffer(state, sdp),
      inviteOver: (_, { reason }) => endNow(reason),
      hangUp: (_, { why }) => endAfter(cancelBy(why), { type: 'cancel', why }),
      ringTimeout: () =>
        endAfter(timeout('ring'), { type: 'cancel', why: { sip: 408, text: 'no answer' } }),
      mediaFailed: (_, refused) => cancelForMedia(refused),
    },
    accepting: {
      ...dialogRows,
      answerApplied: (state, { direction }) =>
        state.next === undefined ? establish(direction) : applyLast(state, state.next),
      answerReady: (_, { sdp, direction }) => establish(direction, { type: 'ack', answer: sdp }),
      mediaRefused: (state, refused) =>
        state.next === undefined ? byeForMedia(refused) : applyLast(state, state.next),
      changeOffered: (state) => to(state, { type: 'refuseChange', status: 491 }),
    },
  };

function offerFirst(): SessionStep {
  return to({ name: 'preparing', late: false }, { type: 'createOffer', direction: 'sendrecv' });
}

function invite(offer: Sdp | undefined): SessionStep {
  const offered = offer !== undefined;
  return to(
    { name: 'inviting', offered, rang: false, answer: {} },
    { type: 'invite', ...(offered ? { offer } : {}) },
  );
}

/** A provisional response with a description: applied once, one after the other. */
function hearAnswer(state: Inviting, sdp: Sdp): SessionStep {
  const { applied, applying } = state.answer;
  if (applying === sdp) return to(state);
  if (applying !== undefined) return to({ ...state, answer: { ...state.answer, next: sdp } });
  if (applied?.sdp === sdp) return to(state);
  return to(
    { ...state, answer: { ...state.answer, applying: sdp } },
    { type: 'acceptAnswer', answer: sdp },
  );
}

function applyNext(state: Inviting, answer: EarlyAnswer): SessionStep {
  const { next } = state.answer;
  return next === undefined ? to({ ...state, answer }) : hearAnswer({ ...state, answer }, next);
}

/** The 2xx to an INVITE with our offer: its answer counts once, even if a 183 brought it before. */
function acceptAnswer({ rang, answer }: Inviting, sdp: Sdp | undefined): SessionStep {
  const { applied, applying } = answer;
  const last = sdp ?? answer.next ?? applying ?? applied?.sdp;
  const ack: SessionOutput = { type: 'ack' };
  if (last === undefined) return withoutDescription();
  if (applying === last) return to({ name: 'accepting', rang, late: false }, ack);
  if (applying !== undefined) return to({ name: 'accepting', rang, late: false, next: last }, ack);
  if (applied?.sdp === last) return establish(applied.direction, ack);
  const apply: SessionOutput = { type: 'acceptAnswer', answer: last };
  return to<SessionMachineState, SessionOutput>(
    { name: 'accepting', rang, late: false },
    ack,
    apply,
  );
}

/** The 2xx to an INVITE without offer has one; the ACK takes our answer (RFC 3261 §13.2.1). */
function lateOffer({ rang }: Inviting, offer: Sdp | undefined): SessionStep {
  if (offer === undefined) return withoutDescription();
  const accepting = { name: 'accepting', rang, late: true } as const;
  return to(accepting, { type: 'acceptOffer', offer, direction: 'sendrecv' });
}

function withoutDescription(): SessionStep {
  return byeForMedia({ code: 'MEDIA_NO_ANSWER', message: 'the 2xx has no session description' });
}

function applyLast(
  { rang, late }: Extract<SessionMachineState, { name: 'accepting' }>,
  answer: Sdp,
): SessionStep {
  return to({ name: 'accepting', rang, late }, { type: 'acceptAnswer', answer });
}
