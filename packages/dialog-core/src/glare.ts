import type { Random } from '@strowger/runtime';
import type { SipResponse } from '@strowger/sip-message';
import type { OfferVerdict } from './offer-answer.ts';

/** The INVITEs under way in a dialog when another one comes in. */
export interface InvitesUnderWay {
  /** One of ours has no final answer, or its 2xx is not acknowledged yet. */
  readonly ours: boolean;
  /** One of the peer's has no final answer. */
  readonly theirs: boolean;
  /** Our 2xx to the one before its last waits for its ACK, too. */
  readonly unacknowledged: boolean;
}

/**
 * RFC 3261 §14.2: 500 with Retry-After where an earlier INVITE of the peer has no final answer, 491
 * where one of ours is under way. One that overtakes the ACK to our 2xx is taken (RFC 5407 §3.1.4),
 * but no third one.
 */
export function judgeReinvite({ ours, theirs, unacknowledged }: InvitesUnderWay): OfferVerdict {
  if (theirs) return 'serverBusy';
  if (ours || unacknowledged) return 'requestPending';
  return 'take';
}

/**
 * How long to wait after a 491 (RFC 3261 §14.1), in milliseconds and steps of 10: 2.1 to 4 s for
 * the owner of the Call-ID, 0 to 2 s for the other side.
 */
export function glareDelayMs(ownsCallId: boolean, random: Random): number {
  const steps = Math.floor(random.float() * (ownsCallId ? 191 : 201));
  return (ownsCallId ? 2100 : 0) + 10 * steps;
}

/**
 * How long to wait before a refused re-INVITE or UPDATE is sent once more: after a 491 by chance,
 * after a 500 as it says, up to 10 s (RFC 3261 §14.1, §14.2). Undefined: it is refused for good.
 */
export function retryDelayMs(
  { status, headers }: SipResponse,
  ownsCallId: boolean,
  random: Random,
): number | undefined {
  if (status === 491) return glareDelayMs(ownsCallId, random);
  const seconds = status === 500 ? headers.get('retry-after')?.seconds : undefined;
  return seconds === undefined || seconds > 10 ? undefined : seconds * 1000;
}

/** Seconds for Retry-After beside a 500 (RFC 3261 §14.2): 0 to 10. */
export function retryAfterSeconds(random: Random): number {
  return Math.floor(random.float() * 11);
}
