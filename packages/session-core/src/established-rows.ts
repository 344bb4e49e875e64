import { to } from '@strowger/runtime';
import { statusOfMediaError } from './end-reason.ts';
import { byeForMedia, dialogRows, type SessionStep, type SessionTable } from './ending-rows.ts';
import type { MediaDirection, Sdp } from './media-backend.ts';
import type { Change, Refused, SessionInput, SessionOutput, Talk } from './session-machine.ts';

/** Changes that may wait; further ones are refused with `SESSION_BUSY`. */
const QUEUE_LIMIT = 8;

type ChangeInput = Extract<SessionInput, { type: 'change' }>;
type Talking = Talk & SessionStep['next'];

/** @internal Answered, with media in place. */
export function establish(direction: MediaDirection, ...outputs: SessionOutput[]): SessionStep {
  return to({ name: 'established', direction, wanted: 'sendrecv', queue: [] }, ...outputs);
}

/** Rows of every answered state. */
const talkingRows = {
  ...dialogRows,
  transferBegun: (state: Talking): SessionStep => to({ ...state, transferring: true }),
  transferOver: (state: Talking): SessionStep => to({ ...state, transferring: false }),
};

/** Rows of every state in which a negotiation is under way. */
const busyRows = {
  ...talkingRows,
  change: (state: Talking, { change }: ChangeInput): SessionStep =>
    state.queue.length < QUEUE_LIMIT
      ? to({ ...state, queue: [...state.queue, change] })
      : to(state, { type: 'changed', change, refusal: BUSY }),
  /** Two offers at once: the peer tries again (RFC 3261 §14.2). */
  changeOffered: <S extends SessionStep['next']>(state: S): SessionStep =>
    to(state, { type: 'refuseChange', status: 491 }),
};

/** @internal Hold, resume and what else changes an answered session (RFC 3261 §14). */
export const establishedRows: Pick<
  SessionTable,
  | 'established'
  | 'offeringChange'
  | 'changing'
  | 'applyingChange'
  | 'reverting'
  | 'yielding'
  | 'answeringChange'
  | 'offeringAnswer'
  | 'awaitingChangeAnswer'
> = {
  established: {
    ...talkingRows,
    change: (state, { change }) => begin(talkOf(state), change, []),
    changeOffered: (state, { sdp }) => answerChange(talkOf(state), sdp),
    describe: (state, { sdp }) => answerByHand(talkOf(state), sdp),
    negotiated: (state, { local, remote }) => adoptByHand(talkOf(state), local, remote),
  },
  offeringChange: {
    ...busyRows,
    offerReady: (state, { sdp }) => {
      const { byUpdate } = state.change;
      const how = byUpdate === undefined ? {} : { byUpdate };
      return to({ ...state, name: 'changing' }, { type: 'reinvite', offer: sdp, ...how });
    },
    mediaRefused: (state, { code, message }) =>
      carryOn(talkOf(state), { type: 'changed', change: state.change, refusal: { code, message } }),
  },
  changing: {
    ...busyRows,
    changeAccepted: (state, { sdp }) =>
      sdp === undefined
        ? revert(talkOf(state), NO_ANSWER, acknowledged(state.change), state.change)
        : to({ ...state, name: 'applyingChange' }, ...acknowledged(state.change), {
            type: 'acceptAnswer',
            answer: sdp,
          }),
    // the layer lets it through only while ours waits after a 491 (RFC 3261 §14.1): theirs first
    changeOffered: (state, { sdp }) => {
      const talk = { ...talkOf(state), queue: [state.change, ...state.queue] };
      const offer = sdp === undefined ? {} : { offer: sdp };
      return to<SessionStep['next'], SessionOutput>(
        { name: 'yielding', ...talk, ...offer, withdrawn: false },
        { type: 'withdraw' },
        { type: 'rollback' },
      );
    },
    changeRefused: (state, refusal) => revert(talkOf(state), refusal, [], state.change),
  },
  yielding: {
    ...busyRows,
    rolledBack: (state) => yielded(state),
    mediaRefused: (state) => yielded(state),
    changeWithdrawn: (state) => to({ ...state, withdrawn: true }),
  },
  applyingChange: {
    ...busyRows,
    answerApplied: ({ change, ...state }, { direction }) => {
      const talk = { ...talkOf(state), direction, wanted: change?.direction ?? state.wanted };
      return change === undefined ? carryOn(talk) : carryOn(talk, { type: 'changed', change });
    },
    mediaRefused: ({ change, ...state }, refused) => {
      const isOfCodecs = change?.codecs !== undefined && refused.code === 'MEDIA_NOT_ACCEPTABLE';
      // both sides believe different things now: there is nothing to go back to
      if (!isOfCodecs) return byeForMedia(refused);
      // it answered with none of them: what was spoken before is offered once more
      const { message } = refused;
      const queue = [{ id: 0 }, ...state.queue];
      return revert(
        { ...talkOf(state), queue },
        { code: 'CHANGE_REFUSED', message, status: 488 },
        [],
        change,
      );
    },
  },
  reverting: {
    ...busyRows,
    rolledBack: (state) => reverted(state),
    mediaRefused: (state) => reverted(state),
  },
  answeringChange: {
    ...busyRows,
    answerReady: (state, { sdp, direction }) => {
      const talk = { ...talkOf(state), direction };
      if (state.byHand) return carryOn(talk, { type: 'described', outcome: sdp });
      // media has moved, the peer has taken its offer back: an offer of ours brings them together
      if (state.withdrawn) return begin(talk, { id: 0 }, []);
      return carryOn(talk, { type: 'acceptChange', sdp });
    },
    mediaRefused: (state, refused) => {
      const { code, message } = refused;
      if (!state.byHand) return refuseChange(talkOf(state), state.withdrawn, refused);
      return carryOn(talkOf(state), { type: 'described', outcome: { code, message } });
    },
    changeWithdrawn: (state) => to({ ...state, withdrawn: true }),
  },
  offeringAnswer: {
    ...busyRows,
    offerReady: (state, { sdp }) => {
      const talk = talkOf(state);
      if (state.withdrawn) return revert(talk, NO_ANSWER);
      return to({ name: 'awaitingChangeAnswer', ...talk }, { type: 'acceptChange', sdp });
    },
    mediaRefused: (state, refused) => refuseChange(talkOf(state), state.withdrawn, refused),
    changeWithdrawn: (state) => to({ ...state, withdrawn: true }),
  },
  awaitingChangeAnswer: {
    ...busyRows,
    ackReceived: (state, { sdp }) => {
      const talk = talkOf(state);
      if (sdp === undefined) return revert(talk, NO_ANSWER);
      return to({ name: 'applyingChange', ...talk }, { type: 'acceptAnswer', answer: sdp });
    },
  },
};

const BUSY: Refused = { code: 'SESSION_BUSY', message: 'too many changes are waiting' };
const NO_ANSWER: Refused = { code: 'MEDIA_NO_ANSWER', message: 'the peer sent no answer' };

function talkOf({ direction, wanted, queue, transferring }: Talk): Talk {
  return { direction, wanted, queue, ...(transferring ? { transferring } : {}) };
}

/** Answers the peer's offer, or makes ours where it has none. */
function answerChange(talk: Talk, offer: Sdp | undefined): SessionStep {
  const direction = talk.wanted;
  if (offer === undefined) {
    const offering = { name: 'offeringAnswer', ...talk, withdrawn: false } as const;
    return to(offering, { type: 'createOffer', direction });
  }
  const answering = { name: 'answeringChange', ...talk, withdrawn: false } as const;
  return to(answering, { type: 'acceptOffer', offer, direction });
}

/** The same for an offer that came by the owner. */
function answerByHand(talk: Talk, offer: Sdp): SessionStep {
  const answering = { name: 'answeringChange', ...talk, withdrawn: false, byHand: true } as const;
  return to(answering, { type: 'acceptOffer', offer, direction: talk.wanted });
}

/** Media for descriptions that were exchanged without us. */
function adoptByHand(talk: Talk, local: Sdp, remote: Sdp): SessionStep {
  const answering = { name: 'answeringChange', ...talk, withdrawn: false, byHand: true } as const;
  return to(answering, { type: 'adoptMedia', local, remote });
}

function yielded(state: Talk & { offer?: Sdp; withdrawn: boolean }): SessionStep {
  if (state.withdrawn) return carryOn(talkOf(state));
  return answerChange(talkOf(state), state.offer);
}

function begin(talk: Talk, change: Change, outputs: readonly SessionOutput[]): SessionStep {
  const isDone = change.moves === undefined && change.direction === talk.wanted;
  if (isDone) return carryOn(talk, ...outputs, { type: 'changed', change });
  const direction = change.direction ?? talk.wanted;
  const move: SessionOutput[] = change.moves === undefined ? [] : [{ type: 'moveMedia', change }];
  const restart = change.iceRestart === undefined ? {} : { iceRestart: change.iceRestart };
  const codecs = change.codecs === undefined ? {} : { codecs: change.codecs };
  const offer: SessionOutput = { type: 'createOffer', direction, ...restart, ...codecs };
  return to({ name: 'offeringChange', ...talk, change }, ...outputs, ...move, offer);
}

/** The negotiation is over: the next change that waits, or rest. */
function carryOn(talk: Talk, ...outputs: SessionOutput[]): SessionStep {
  const [change, ...queue] = talk.queue;
  if (change === undefined) return to({ name: 'established', ...talk }, ...outputs);
  return begin({ ...talk, queue }, change, outputs);
}

/** An UPDATE needs no ACK. */
function acknowledged({ byUpdate }: Change): SessionOutput[] {
  return byUpdate === undefined ? [{ type: 'ack' }] : [];
}

function revert(
  talk: Talk,
  refusal: Refused,
  first: readonly SessionOutput[] = [],
  change?: Change,
): SessionStep {
  const reverting = { name: 'reverting', ...talk, refusal } as const;
  return to(change === undefined ? reverting : { ...reverting, change }, ...first, {
    type: 'rollback',
  });
}

function reverted(state: Talk & { change?: Change; refusal: Refused }): SessionStep {
  const { change, refusal } = state;
  if (change === undefined) return carryOn(talkOf(state));
  return carryOn(talkOf(state), { type: 'changed', change, refusal });
}

function refuseChange(talk: Talk, withdrawn: boolean, { code }: Refused): SessionStep {
  if (withdrawn) return carryOn(talk);
  return carryOn(talk, { type: 'refuseChange', status: statusOfMediaError(code) });
}
