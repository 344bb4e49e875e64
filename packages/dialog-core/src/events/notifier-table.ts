import { type StateTable, type Step, to } from '@strowger/runtime';
import type { Body, FailureReason } from '../dialog-user.ts';
import { fatalToSubscription } from './refresh.ts';

/** Why a subscription to us is over; told exactly once for each. */
export type NotifierEnd =
  /** We ended it. */
  | { readonly kind: 'terminated' }
  | { readonly kind: 'unsubscribed' }
  /** It was a fetch: one NOTIFY, and no more (RFC 6665 §4.4.3). */
  | { readonly kind: 'fetched' }
  | { readonly kind: 'expired' }
  /** The subscriber refused a NOTIFY: it does not know the subscription any more. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly why: FailureReason };

/** The states of a subscription to us (RFC 6665 §4.2). */
export type NotifierState =
  /** Not decided yet: its NOTIFYs tell nothing (RFC 6665 §4.2.1.4). */
  | { readonly name: 'pending' }
  | { readonly name: 'active' }
  /** Over for the owner; the last NOTIFY has no answer yet. */
  | { readonly name: 'ending' }
  | { readonly name: 'terminated' };

/** What a NOTIFY says. */
export interface NotifyContent {
  readonly state: 'pending' | 'active' | 'terminated';
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** `whole`: the owner is asked for the state as it is now. */
  readonly body: Body | 'whole' | undefined;
}

/** How we end it. */
export interface Termination {
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly body?: Body | undefined;
}

export type NotifierInput =
  | { readonly type: 'notify'; readonly body: Body | undefined }
  | { readonly type: 'activate' }
  /** A SUBSCRIBE for more time was accepted; it wants a NOTIFY at once (RFC 6665 §4.2.1.2). */
  | { readonly type: 'refreshed'; readonly expiresMs: number }
  | { readonly type: 'unsubscribed'; readonly isFetch: boolean }
  | { readonly type: 'expired' }
  | { readonly type: 'terminate'; readonly how: Termination }
  | { readonly type: 'notifyRefused'; readonly status: number; readonly isRetried: boolean }
  | { readonly type: 'notifyFailed'; readonly why: FailureReason }
  /** The last NOTIFY was answered. */
  | { readonly type: 'finished' }
  | { readonly type: 'lost'; readonly why: FailureReason };

export type NotifierOutput =
  | { readonly type: 'send'; readonly content: NotifyContent }
  | { readonly type: 'armExpiry'; readonly ms: number }
  | { readonly type: 'tell'; readonly end: NotifierEnd }
  | { readonly type: 'release' };

type NotifierStep = Step<NotifierState, NotifierOutput>;

/** One subscription to us in one dialog. Before its end the expiry timer runs in every state. */
export const notifierTable: StateTable<NotifierState, NotifierInput, NotifierOutput> = {
  pending: { ...rowsWhile('pending'), activate: () => to({ name: 'active' }, sendWhole('active')) },
  active: rowsWhile('active'),
  ending: {
    finished: () => to({ name: 'terminated' }, { type: 'release' }),
    notifyRefused: (_, { isRetried }) =>
      isRetried ? to({ name: 'ending' }) : to({ name: 'terminated' }, { type: 'release' }),
    notifyFailed: () => to({ name: 'terminated' }, { type: 'release' }),
    lost: () => to({ name: 'terminated' }, { type: 'release' }),
  },
  terminated: {},
};

function rowsWhile(phase: 'pending' | 'active') {
  return {
    notify: (_: NotifierState, { body }: { readonly body: Body | undefined }): NotifierStep =>
      to({ name: phase }, { type: 'send', content: { state: phase, body } }),
    refreshed: (_: NotifierState, { expiresMs }: { readonly expiresMs: number }): NotifierStep =>
      to({ name: phase }, { type: 'armExpiry', ms: expiresMs }, sendWhole(phase)),
    unsubscribed: (_: NotifierState, { isFetch }: { readonly isFetch: boolean }) =>
      ending({ kind: isFetch ? 'fetched' : 'unsubscribed' }, { reason: 'timeout', body: 'whole' }),
    expired: () => ending({ kind: 'expired' }, { reason: 'timeout', body: 'whole' }),
    terminate: (_: NotifierState, { how }: { readonly how: Termination }) =>
      ending({ kind: 'terminated' }, { ...how, body: how.body }),
    notifyRefused: (
      _: NotifierState,
      { status, isRetried }: { readonly status: number; readonly isRetried: boolean },
    ): NotifierStep =>
      isRetried && !fatalToSubscription(status)
        ? to({ name: phase })
        : over({ kind: 'refused', status }),
    notifyFailed: (_: NotifierState, { why }: { readonly why: FailureReason }) =>
      over({ kind: 'failed', why }),
    lost: (_: NotifierState, { why }: { readonly why: FailureReason }) =>
      over({ kind: 'failed', why }),
  };
}

const sendWhole = (state: 'pending' | 'active'): NotifierOutput => ({
  type: 'send',
  content: { state, body: 'whole' },
});

function ending(why: NotifierEnd, content: Omit<NotifyContent, 'state'>): NotifierStep {
  return to(
    { name: 'ending' },
    { type: 'send', content: { state: 'terminated', ...content } },
    { type: 'tell', end: why },
  );
}

function over(why: NotifierEnd): NotifierStep {
  return to({ name: 'terminated' }, { type: 'release' }, { type: 'tell', end: why });
}
