import { type StateTable, type Step, to } from '@strowger/runtime';
import type { FailureReason } from '../dialog-user.ts';
import { fatalToSubscription, refreshAfterMs, retryRefreshAfterMs } from './refresh.ts';
import { resubscribeAfterMs, type SubscriptionStatus } from './subscription-state.ts';

/** Why a subscription of ours is over; told exactly once for each. */
export type SubscriptionEnd =
  /** The notifier ended it. `resubscribeAfterMs` is undefined where one should not subscribe anew. */
  | {
      readonly kind: 'terminated';
      readonly reason?: string | undefined;
      readonly resubscribeAfterMs: number | undefined;
    }
  | { readonly kind: 'unsubscribed' }
  /** It ran out: refreshing failed, or was not wanted. */
  | { readonly kind: 'expired' }
  /** A SUBSCRIBE, or the REFER, was refused with this status, and perhaps with Retry-After. */
  | { readonly kind: 'rejected'; readonly status: number; readonly retryAfterMs?: number }
  /** No NOTIFY came within timer N, 64*T1 (RFC 6665 §4.1.2.4). */
  | { readonly kind: 'noNotify' }
  /** The REFER was accepted without a subscription (RFC 4488, RFC 7614). */
  | { readonly kind: 'noSubscription' }
  /** The first request had no answer, could not be sent, or the layer was closed. */
  | { readonly kind: 'failed'; readonly why: FailureReason };

/** The states of a subscription of ours in one dialog (RFC 6665 §4.1.2). */
export type SubscriberState =
  /** Asked for; timer N runs. */
  | { readonly name: 'notifyWait'; readonly expiresMs?: number | undefined }
  | { readonly name: 'pending' }
  | { readonly name: 'active' }
  /** A SUBSCRIBE of ours to refresh it is under way. */
  | { readonly name: 'refreshing'; readonly phase: 'pending' | 'active' }
  /** Given up; waits for the last NOTIFY, at most for timer N. */
  | { readonly name: 'closing' }
  | { readonly name: 'terminated' };

export type SubscriberInput =
  /** A 2xx, with the duration that it grants. */
  | { readonly type: 'answered'; readonly expiresMs?: number | undefined }
  | { readonly type: 'refused'; readonly refusal: SubscribeRefusal }
  | { readonly type: 'failed'; readonly why: FailureReason }
  | { readonly type: 'notified'; readonly status: SubscriptionStatus }
  | { readonly type: 'timerN' }
  | { readonly type: 'refreshDue' }
  | { readonly type: 'expired' }
  | { readonly type: 'unsubscribe' }
  /** The owner does not want to wait for anything more. */
  | { readonly type: 'lost'; readonly end: SubscriptionEnd };

/** What a refusal of a SUBSCRIBE says. */
export interface SubscribeRefusal {
  readonly status: number;
  /** Of a 423. */
  readonly minExpiresSeconds?: number | undefined;
  readonly retryAfterMs?: number | undefined;
}

export type SubscriberOutput =
  /** Sends SUBSCRIBE: with the duration that is wanted, at least `minSeconds`, or with 0. */
  | { readonly type: 'subscribe'; readonly minSeconds?: number }
  | { readonly type: 'unsubscribe' }
  | { readonly type: 'arm'; readonly timer: SubscriberTimer; readonly ms: number }
  | { readonly type: 'disarm'; readonly timer: SubscriberTimer }
  /** Hands the NOTIFY to the owner. */
  | { readonly type: 'deliver' }
  | { readonly type: 'tell'; readonly end: SubscriptionEnd }
  | { readonly type: 'release' };

export type SubscriberTimer = 'N' | 'expiry' | 'refresh';

export interface SubscriberContext {
  /** 64*T1. */
  readonly timerNMs: number;
  /** What is taken where nobody says a duration. */
  readonly defaultExpiresMs: number;
  /** Whether it is refreshed before it runs out. */
  readonly isRefreshed: boolean;
}

type SubscriberStep = Step<SubscriberState, SubscriberOutput>;
type Phase = 'pending' | 'active';
type Notified = Extract<SubscriberInput, { type: 'notified' }>;

const DELIVER: SubscriberOutput = { type: 'deliver' };
const SUBSCRIBE: SubscriberOutput = { type: 'subscribe' };

/** One subscription of ours in one dialog: no state is without a timer (RFC 6665 §4.1.2). */
export const subscriberTable: StateTable<
  SubscriberState,
  SubscriberInput,
  SubscriberOutput,
  SubscriberContext
> = {
  notifyWait: {
    answered: (_, { expiresMs }) => to({ name: 'notifyWait', expiresMs }),
    refused: (_, { refusal }) => end(rejectedBy(refusal)),
    failed: (_, { why }) => end({ kind: 'failed', why }),
    notified: (state, { status }, context) =>
      notified(status, context, state.expiresMs ?? context.defaultExpiresMs),
    timerN: () => end({ kind: 'noNotify' }),
    unsubscribe: (_, __, context) => close(context),
    lost: (_, input) => end(input.end),
  },
  pending: rowsWhile('pending'),
  active: rowsWhile('active'),
  refreshing: {
    answered: ({ phase }, { expiresMs }, context) =>
      to({ name: phase }, ...duration(expiresMs, context)),
    refused: ({ phase }, { refusal }, context) => refreshRefused(phase, refusal, context),
    failed: ({ phase }, _, context) => to({ name: phase }, ...retry(undefined, context)),
    notified: ({ phase }, { status }) => {
      if (status.state === 'terminated') return terminated(status);
      const next = { name: 'refreshing' as const, phase: status.state };
      return to(phase === status.state ? { name: 'refreshing', phase } : next, DELIVER);
    },
    expired: () => end({ kind: 'expired' }),
    unsubscribe: (_, __, context) => close(context),
    lost: (_, input) => end(input.end),
  },
  closing: {
    answered: () => to({ name: 'closing' }),
    refused: () => end({ kind: 'unsubscribed' }),
    failed: () => end({ kind: 'unsubscribed' }),
    notified: (_, { status }) =>
      status.state === 'terminated'
        ? end({ kind: 'unsubscribed' }, DELIVER)
        : to({ name: 'closing' }, DELIVER),
    timerN: () => end({ kind: 'unsubscribed' }),
    lost: () => end({ kind: 'unsubscribed' }),
  },
  terminated: {},
};

function rowsWhile(phase: Phase) {
  return {
    // the answer to the first SUBSCRIBE may come after the first NOTIFY
    answered: (
      _: SubscriberState,
      { expiresMs }: { readonly expiresMs?: number | undefined },
      context: SubscriberContext,
    ): SubscriberStep =>
      to({ name: phase }, ...(expiresMs === undefined ? [] : duration(expiresMs, context))),
    notified: (_: SubscriberState, { status }: Notified, context: SubscriberContext) =>
      notified(status, context, undefined),
    refreshDue: (): SubscriberStep => to({ name: 'refreshing', phase }, SUBSCRIBE),
    expired: (): SubscriberStep => end({ kind: 'expired' }),
    unsubscribe: (_: SubscriberState, __: unknown, context: SubscriberContext) => close(context),
    lost: (_: SubscriberState, input: { readonly end: SubscriptionEnd }) => end(input.end),
  };
}

/** A NOTIFY: the duration that it says counts from now (RFC 6665 §4.1.3). */
function notified(
  status: SubscriptionStatus,
  context: SubscriberContext,
  fallbackMs: number | undefined,
): SubscriberStep {
  const { state, expiresSeconds } = status;
  if (state === 'terminated') return terminated(status);
  const expiresMs = expiresSeconds === undefined ? fallbackMs : expiresSeconds * 1000;
  const timers = expiresMs === undefined ? [] : duration(expiresMs, context);
  return to({ name: state }, { type: 'disarm', timer: 'N' }, ...timers, DELIVER);
}

function terminated(status: SubscriptionStatus): SubscriberStep {
  const { reason } = status;
  const resubscribe = resubscribeAfterMs(status);
  return end({ kind: 'terminated', reason, resubscribeAfterMs: resubscribe }, DELIVER);
}

/** Both timers of a duration; the peer's word is bounded by what we ask for when nothing is said. */
function duration(
  expiresMs: number | undefined,
  { defaultExpiresMs, isRefreshed }: SubscriberContext,
): SubscriberOutput[] {
  const ms = expiresMs ?? defaultExpiresMs;
  const outputs: SubscriberOutput[] = [{ type: 'arm', timer: 'expiry', ms }];
  if (isRefreshed) outputs.push({ type: 'arm', timer: 'refresh', ms: refreshAfterMs(ms) });
  return outputs;
}

function refreshRefused(
  phase: Phase,
  refusal: SubscribeRefusal,
  context: SubscriberContext,
): SubscriberStep {
  const { status, minExpiresSeconds, retryAfterMs } = refusal;
  if (status === 423 && minExpiresSeconds !== undefined) {
    return to({ name: 'refreshing', phase }, { type: 'subscribe', minSeconds: minExpiresSeconds });
  }
  if (fatalToSubscription(status)) return end(rejectedBy(refusal));
  return to({ name: phase }, ...retry(retryAfterMs, context));
}

/** It stays valid until it runs out; until then refreshing is tried again (RFC 6665 §4.1.2.2). */
function retry(
  afterMs: number | undefined,
  { isRefreshed }: SubscriberContext,
): SubscriberOutput[] {
  if (!isRefreshed) return [];
  return [{ type: 'arm', timer: 'refresh', ms: retryRefreshAfterMs(afterMs) }];
}

function close({ timerNMs }: SubscriberContext): SubscriberStep {
  return to(
    { name: 'closing' },
    { type: 'disarm', timer: 'expiry' },
    { type: 'disarm', timer: 'refresh' },
    { type: 'arm', timer: 'N', ms: timerNMs },
    { type: 'unsubscribe' },
  );
}

/** The end that a refusal makes. */
export function rejectedBy({ status, retryAfterMs }: SubscribeRefusal): SubscriptionEnd {
  return { kind: 'rejected', status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function end(why: SubscriptionEnd, ...before: SubscriberOutput[]): SubscriberStep {
  return to({ name: 'terminated' }, ...before, { type: 'release' }, { type: 'tell', end: why });
}
