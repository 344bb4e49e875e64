import { type Headers, Params, type TokenWithParams } from '@strowger/sip-message';
import { copied } from '../copied.ts';

/** What a Subscription-State says (RFC 6665 §8.2.3). */
export interface SubscriptionStatus {
  readonly state: 'pending' | 'active' | 'terminated';
  /** Seconds that are left; absent where the notifier did not say. */
  readonly expiresSeconds?: number | undefined;
  /** Why it was terminated: a reason of RFC 6665 §4.1.3, or one nobody knows. */
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** The reasons that RFC 6665 §4.1.3 defines. */
export type TerminationReason =
  | 'deactivated'
  | 'probation'
  | 'rejected'
  | 'timeout'
  | 'giveup'
  | 'noresource'
  | 'invariant';

/** What Subscription-State says; undefined where it is absent. A state nobody knows counts as active. */
export function statusOf(headers: Headers): SubscriptionStatus | undefined {
  const field = headers.get('subscription-state');
  if (field === undefined) return undefined;
  const { params } = field;
  const reason = params.get('reason');
  const name = field.value.toLowerCase();
  return {
    state: name === 'pending' || name === 'terminated' ? name : 'active',
    expiresSeconds: seconds(params.get('expires')),
    reason: reason === undefined ? undefined : copied(reason.toLowerCase()),
    retryAfterSeconds: seconds(params.get('retry-after')),
  };
}

/** The value of Subscription-State. */
export function statusValue(status: SubscriptionStatus): TokenWithParams {
  const { state, expiresSeconds, reason, retryAfterSeconds } = status;
  const params = new Params();
  if (expiresSeconds !== undefined) params.set('expires', `${expiresSeconds}`);
  if (reason !== undefined) params.set('reason', reason);
  if (retryAfterSeconds !== undefined) params.set('retry-after', `${retryAfterSeconds}`);
  return { value: state, params };
}

/**
 * After how many milliseconds a subscriber may subscribe anew (RFC 6665 §4.1.3): 0 for at once,
 * undefined for never. `retry-after` counts only where the reason lets it.
 */
export function resubscribeAfterMs(status: SubscriptionStatus): number | undefined {
  switch (status.reason) {
    case 'rejected':
    case 'noresource':
    case 'invariant':
      return undefined;
    case 'deactivated':
    case 'timeout':
      return 0;
    default:
      return (status.retryAfterSeconds ?? 0) * 1000;
  }
}

const LONGEST_SECONDS = 0xffff_ffff;

function seconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/u.test(text)) return undefined;
  return Math.min(Number(text), LONGEST_SECONDS);
}
