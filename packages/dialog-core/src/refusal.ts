import type { ServerTransaction } from '@strowger/transaction-core';
import { retryAfterSeconds } from './glare.ts';
import type { LayerContext } from './layer-context.ts';
import { peerReliability } from './reliability.ts';
import { isTooShort } from './session-expires.ts';

/** Answers a request with nothing but a status and these header fields. */
export function refuse(
  { userAgent }: LayerContext,
  transaction: ServerTransaction,
  status: number,
  headers: [string, string][] = [],
): void {
  transaction.respond(userAgent.response(transaction.request, status, { headers }));
}

/** 500 with Retry-After, where an earlier offer of the peer has no answer (RFC 3261 §14.2). */
export function refuseBusy(context: LayerContext, transaction: ServerTransaction): void {
  const seconds = retryAfterSeconds(context.runtime.random);
  refuse(context, transaction, 500, [['Retry-After', `${seconds}`]]);
}

/** Answers 420 to a request that requires what we do not understand (RFC 3261 §8.2.2.3). */
export function refuseUnknownOptions(
  context: LayerContext,
  transaction: ServerTransaction,
): boolean {
  const unknown = context.userAgent.notUnderstood(transaction.request);
  if (unknown.length === 0) return false;
  refuse(context, transaction, 420, [['Unsupported', unknown.join(', ')]]);
  return true;
}

/** Answers 421 to an INVITE without the 100rel that is required here (RFC 3261 §21.4.16). */
export function refuseUnreliable(context: LayerContext, transaction: ServerTransaction): boolean {
  if (context.reliableProvisionals !== 'required') return false;
  if (peerReliability(transaction.request).supports) return false;
  refuse(context, transaction, 421, [['Require', '100rel']]);
  return true;
}

/** Answers 422 to a session interval that is too short here (RFC 4028 §9). */
export function refuseShortInterval(
  context: LayerContext,
  transaction: ServerTransaction,
): boolean {
  const { sessionTimers } = context;
  if (sessionTimers === undefined) return false;
  if (!isTooShort(transaction.request, sessionTimers)) return false;
  refuse(context, transaction, 422, [['Min-SE', `${sessionTimers.minSeconds}`]]);
  return true;
}
