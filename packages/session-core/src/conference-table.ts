import { type Step, type StateTable, to } from '@strowger/runtime';
import type {
  ConferenceEnd,
  ConferenceEnding,
  ConferenceMemberSettings,
} from './conference-options.ts';
import type { SessionId } from './session-state.ts';

/** One session's place in a conference. */
export interface ConferenceSeat {
  /** `opening`: its media is being moved; `waiting` to be admitted; `entering` the mix; `in` it. */
  readonly stage: 'opening' | 'waiting' | 'entering' | 'in';
  /** Whether it has to be admitted. */
  readonly waits: boolean;
  /** One of the two holds: what comes from there is music, and nobody shall hear it. */
  readonly held: boolean;
  readonly settings: ConferenceMemberSettings;
}

/** Why a session is in a conference no longer. */
export type ConferenceLeaveReason =
  /** It was let go; the session goes on. */
  | 'left'
  /** The session has ended. */
  | 'sessionEnded'
  /** It could not come in: the peer, or media, did not agree. */
  | 'refused'
  | 'conferenceEnded';

/** Open, with who is in it, waits, or is on the way; or over. */
export type ConferenceMachineState =
  | {
      readonly name: 'open';
      readonly seats: ReadonlyMap<SessionId, ConferenceSeat>;
      readonly locked: boolean;
    }
  | { readonly name: 'ended'; readonly reason: ConferenceEnd };

/** What is asked of a conference, and what happens to it. */
export type ConferenceInput =
  | { readonly type: 'joinAsked'; readonly id: SessionId; readonly seat: ConferenceSeat }
  /** Its media is here. */
  | { readonly type: 'seatOpened'; readonly id: SessionId }
  | { readonly type: 'admitted'; readonly id: SessionId }
  /** It is in the mix. */
  | { readonly type: 'entered'; readonly id: SessionId }
  | { readonly type: 'seatLost'; readonly id: SessionId; readonly why: ConferenceLeaveReason }
  | {
      readonly type: 'changed';
      readonly id: SessionId;
      readonly settings: Partial<ConferenceMemberSettings>;
    }
  | { readonly type: 'holdChanged'; readonly id: SessionId; readonly held: boolean }
  | { readonly type: 'lockChanged'; readonly locked: boolean }
  | { readonly type: 'endAsked' };

/** What its shell carries out. */
export type ConferenceOutput =
  | { readonly type: 'openSeat'; readonly id: SessionId }
  | { readonly type: 'tellWaiting'; readonly id: SessionId }
  | { readonly type: 'enterMix'; readonly id: SessionId }
  /** Settings of all who are in the mix are brought up to date. */
  | { readonly type: 'applySettings' }
  | { readonly type: 'tellJoined'; readonly id: SessionId }
  | { readonly type: 'tellChanged'; readonly id: SessionId }
  | {
      readonly type: 'release';
      readonly id: SessionId;
      readonly why: ConferenceLeaveReason;
      readonly wasIn: boolean;
    }
  | { readonly type: 'tellLocked' }
  /** Nobody is left: what is being recorded is completed. */
  | { readonly type: 'closeMedia' }
  | { readonly type: 'tellEnded'; readonly reason: ConferenceEnd };

/** What the table may look at. */
export interface ConferenceTableContext {
  /** When it is over by itself. */
  readonly ends: ConferenceEnding;
}

type Open = Extract<ConferenceMachineState, { name: 'open' }>;
type ConferenceStep = Step<ConferenceMachineState, ConferenceOutput>;

/** A conference of sessions: who is in it, and when it is over. */
export const conferenceTable: StateTable<
  ConferenceMachineState,
  ConferenceInput,
  ConferenceOutput,
  ConferenceTableContext
> = {
  open: {
    joinAsked: (state, { id, seat }) => to(withSeat(state, id, seat), { type: 'openSeat', id }),
    seatOpened: (state, { id }) => {
      const seat = state.seats.get(id);
      if (seat === undefined) return to(state); // it was let go meanwhile
      if (!seat.waits) return enter(state, id, seat);
      return to(withSeat(state, id, { ...seat, stage: 'waiting' }), { type: 'tellWaiting', id });
    },
    admitted: (state, { id }) => {
      const seat = state.seats.get(id);
      if (seat === undefined) return to(state);
      if (seat.stage === 'waiting') return enter(state, id, seat);
      return to(withSeat(state, id, { ...seat, waits: false }));
    },
    entered: (state, { id }) => {
      const seat = state.seats.get(id);
      if (seat === undefined) return to(state);
      const next = withSeat(state, id, { ...seat, stage: 'in' });
      return to<ConferenceMachineState, ConferenceOutput>(
        next,
        { type: 'applySettings' },
        { type: 'tellJoined', id },
      );
    },
    seatLost: (state, { id, why }, { ends }) => lose(state, { id, why, ends }),
    changed: (state, { id, settings }, { ends }) => {
      const seat = state.seats.get(id);
      if (seat === undefined) return to(state);
      const next = withSeat(state, id, { ...seat, settings: { ...seat.settings, ...settings } });
      if (seat.stage !== 'in') return to(next);
      const reason = endOf(state, next, ends);
      if (reason !== undefined) return end(next, reason);
      return to<ConferenceMachineState, ConferenceOutput>(
        next,
        { type: 'applySettings' },
        { type: 'tellChanged', id },
      );
    },
    holdChanged: (state, { id, held }) => {
      const seat = state.seats.get(id);
      if (seat === undefined || seat.held === held) return to(state);
      const next = withSeat(state, id, { ...seat, held });
      if (seat.stage !== 'in') return to(next);
      return to<ConferenceMachineState, ConferenceOutput>(
        next,
        { type: 'applySettings' },
        { type: 'tellChanged', id },
      );
    },
    lockChanged: (state, { locked }) =>
      state.locked === locked ? to(state) : to({ ...state, locked }, { type: 'tellLocked' }),
    endAsked: (state) => end(state, 'asked'),
  },
  ended: {},
};

function enter(state: Open, id: SessionId, seat: ConferenceSeat): ConferenceStep {
  return to(withSeat(state, id, { ...seat, stage: 'entering' }), { type: 'enterMix', id });
}

function lose(
  state: Open,
  { id, why, ends }: { id: SessionId; why: ConferenceLeaveReason; ends: ConferenceEnding },
): ConferenceStep {
  const seat = state.seats.get(id);
  if (seat === undefined) return to(state);
  const seats = new Map(state.seats);
  seats.delete(id);
  const next: Open = { ...state, seats };
  const gone: ConferenceOutput = { type: 'release', id, why, wasIn: seat.stage === 'in' };
  const reason = endOf(state, next, ends);
  if (reason !== undefined) {
    const over = end(next, reason);
    return to(over.next, gone, ...over.outputs);
  }
  const after: ConferenceOutput = { type: seats.size === 0 ? 'closeMedia' : 'applySettings' };
  return to(next, gone, after);
}

function end(state: Open, reason: ConferenceEnd): ConferenceStep {
  const released = [...state.seats].map(([id, { stage }]): ConferenceOutput => {
    return { type: 'release', id, why: 'conferenceEnded', wasIn: stage === 'in' };
  });
  return to<ConferenceMachineState, ConferenceOutput>(
    { name: 'ended', reason },
    ...released,
    { type: 'closeMedia' },
    { type: 'tellEnded', reason },
  );
}

/** Why it is over with this step, by its policy; nothing where it goes on. */
function endOf(before: Open, after: Open, ends: ConferenceEnding): ConferenceEnd | undefined {
  if (ends === 'explicit') return undefined;
  if (after.seats.size === 0) return 'empty';
  if (ends === 'alone' && countIn(before) > 1 && countIn(after) < 2) return 'alone';
  if (ends === 'moderator' && hasModerator(before) && !hasModerator(after)) return 'moderatorLeft';
  return undefined;
}

function countIn({ seats }: Open): number {
  return [...seats.values()].filter(({ stage }) => stage === 'in').length;
}

function hasModerator({ seats }: Open): boolean {
  return [...seats.values()].some(
    ({ stage, settings }) => stage === 'in' && settings.role === 'moderator',
  );
}

function withSeat(state: Open, id: SessionId, seat: ConferenceSeat): Open {
  return { ...state, seats: new Map(state.seats).set(id, seat) };
}
