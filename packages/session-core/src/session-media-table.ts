import { type StateTable, to } from '@strowger/runtime';
import type { MediaDirection } from './media-backend.ts';

/** What is known in each state of a session's media. */
export type SessionMediaMachineState =
  | { readonly name: 'none' }
  /** `before` holds again when this offer leads to nothing; `heard`: a packet came meanwhile. */
  | { readonly name: 'negotiating'; readonly before: SettledMediaState; readonly heard: boolean }
  | SettledMediaState
  | { readonly name: 'failed'; readonly code: string };

/** States in which no offer is open. */
export type SettledMediaState =
  | { readonly name: 'none' }
  | { readonly name: 'configured' }
  | { readonly name: 'active' }
  | { readonly name: 'paused'; readonly heard: boolean };

/** What can happen to a session's media. */
export type SessionMediaInput =
  /** An offer is being made, or one is being answered. */
  | { readonly type: 'negotiationStarted' }
  /** Offer and answer are applied. */
  | { readonly type: 'negotiationCompleted'; readonly direction: MediaDirection }
  /** The offer was refused or taken back: what was agreed before holds (RFC 3264 §8). */
  | { readonly type: 'negotiationAbandoned' }
  /** The first packet came. */
  | { readonly type: 'mediaStarted' }
  | { readonly type: 'failed'; readonly code: string }
  /** What has failed is given up, and media is had anew. */
  | { readonly type: 'renewed' }
  | { readonly type: 'closed' };

type Table = StateTable<SessionMediaMachineState, SessionMediaInput, never>;
type Step = { next: SessionMediaMachineState; outputs: readonly never[] };

const fail = (_: object, { code }: { code: string }): Step => to({ name: 'failed', code });
const close = (): Step => to({ name: 'none' });
const negotiate = (before: SettledMediaState): Step =>
  to({ name: 'negotiating', before, heard: wasHeard(before) });
const stay = <S extends SessionMediaMachineState>(state: S): Step => to(state);

/** The media of one session: negotiation, flow, hold, failure. It has no outputs. */
export const sessionMediaTable: Table = {
  none: {
    negotiationStarted: negotiate,
    failed: fail,
    closed: close,
  },
  negotiating: {
    negotiationStarted: stay,
    negotiationCompleted: ({ heard }, { direction }) => to(settled(direction, heard)),
    negotiationAbandoned: ({ before, heard }) => to(heard ? heardIn(before) : before),
    mediaStarted: ({ before }) => to({ name: 'negotiating', before, heard: true }),
    failed: fail,
    closed: close,
  },
  configured: {
    negotiationStarted: negotiate,
    mediaStarted: () => to({ name: 'active' }),
    failed: fail,
    closed: close,
  },
  active: {
    negotiationStarted: negotiate,
    mediaStarted: stay,
    failed: fail,
    closed: close,
  },
  paused: {
    negotiationStarted: negotiate,
    mediaStarted: () => to({ name: 'paused', heard: true }),
    failed: fail,
    closed: close,
  },
  failed: {
    renewed: close,
    closed: stay,
  },
};

function settled(direction: MediaDirection, heard: boolean): SettledMediaState {
  if (direction !== 'sendrecv') return { name: 'paused', heard };
  return { name: heard ? 'active' : 'configured' };
}

function wasHeard(state: SettledMediaState): boolean {
  return state.name === 'active' || (state.name === 'paused' && state.heard);
}

function heardIn(before: SettledMediaState): SettledMediaState {
  if (before.name === 'paused') return { name: 'paused', heard: true };
  return before.name === 'configured' ? { name: 'active' } : before;
}
