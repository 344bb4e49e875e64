import { type StateTable, to } from '@strowger/runtime';
import { rejectedBy, type SubscribeRefusal, type SubscriptionEnd } from './subscriber-table.ts';

/** The states of a SUBSCRIBE or REFER of ours outside of dialogs (RFC 6665 §4.1.2.1, §4.4.1). */
export type SubscribeState =
  /** No NOTIFY yet; timer N runs. */
  | { readonly name: 'waiting' }
  /** Somebody notified; until timer N has run out others that were reached by forks may. */
  | { readonly name: 'forking' }
  | { readonly name: 'over' };

export type SubscribeInput =
  | { readonly type: 'notified' }
  | { readonly type: 'refused'; readonly refusal: SubscribeRefusal }
  /** It could not be sent, had no answer, or needs no subscription. */
  | { readonly type: 'lost'; readonly end: SubscriptionEnd }
  | { readonly type: 'timerN' }
  | { readonly type: 'close' };

export type SubscribeOutput =
  /** Makes a dialog and a subscription of this NOTIFY. */
  | { readonly type: 'adopt' }
  | { readonly type: 'resend'; readonly minSeconds: number }
  | { readonly type: 'tell'; readonly end: SubscriptionEnd }
  | { readonly type: 'release' };

const RELEASE: SubscribeOutput = { type: 'release' };

/** Our request that may make several subscriptions: at least one, or one end, is told. */
export const subscribeTable: StateTable<SubscribeState, SubscribeInput, SubscribeOutput> = {
  waiting: {
    notified: () => to({ name: 'forking' }, { type: 'adopt' }),
    refused: (_, { refusal }) =>
      refusal.minExpiresSeconds === undefined
        ? over(rejectedBy(refusal))
        : to({ name: 'waiting' }, { type: 'resend', minSeconds: refusal.minExpiresSeconds }),
    lost: (_, input) => over(input.end),
    timerN: () => over({ kind: 'noNotify' }),
    close: () => over({ kind: 'failed', why: { kind: 'dialogEnded' } }),
  },
  forking: {
    notified: () => to({ name: 'forking' }, { type: 'adopt' }),
    timerN: () => to({ name: 'over' }, RELEASE),
    close: () => to({ name: 'over' }, RELEASE),
  },
  over: {},
};

function over(end: SubscriptionEnd) {
  return to<SubscribeState, SubscribeOutput>({ name: 'over' }, RELEASE, { type: 'tell', end });
}
