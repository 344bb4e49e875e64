import { createResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import { DESCRIPTION_TYPES } from './sip-body.ts';
import { candidatesOf } from './trickle-ice.ts';
import { digitOf, type InfoDigit, isDigitInfo } from './info-digit.ts';

/** @internal The methods that sessions take. */
export const ALLOWED = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'INFO',
  'PRACK',
  'UPDATE',
  'REFER',
  'NOTIFY',
] as const;

/** Methods of RFCs that this stack knows and sessions do not take. */
const KNOWN = ['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'REFER', 'MESSAGE', 'PUBLISH']; // outside of calls

/** @internal Who is told what an INFO brings. */
export interface InfoUser {
  onDigit(digit: InfoDigit): void;
  /** Rejects where they are not taken. */
  onCandidates(fragment: string): Promise<void>;
}

/**
 * @internal Answers what nobody takes: OPTIONS with what we can do (RFC 3261 §11.2), a method that we
 * know with 405 (§21.4.6), all others with 501 (§21.5.2).
 */
export function answerUntaken(transaction: ServerTransaction, allow: readonly string[]): void {
  if (transaction.method === 'OPTIONS') {
    return respond(transaction, 200, [
      ['Allow', allow.join(', ')],
      ['Accept', DESCRIPTION_TYPES.join(', ')],
    ]);
  }
  const status = KNOWN.includes(transaction.method) ? 405 : 501;
  respond(transaction, status, [['Allow', allow.join(', ')]]);
}

/** @internal INFO without a body, or with a digit, is fine; other bodies are not understood (RFC 6086 §4.2). */
export function answerInfo(
  transaction: ServerTransaction,
  { onDigit, onCandidates }: InfoUser,
): void {
  const { request } = transaction;
  const candidates = candidatesOf(request);
  if (candidates !== undefined) {
    onCandidates(candidates).then(
      () => respond(transaction, 200),
      () => respond(transaction, 400), // no fragment, or nobody to take it (RFC 6086 §4.2.2)
    );
    return;
  }
  if (request.body.length === 0) return respond(transaction, 200);
  if (!isDigitInfo(request)) {
    return respond(transaction, 415, [['Accept', 'application/dtmf-relay, application/dtmf']]);
  }
  const digit = digitOf(request);
  respond(transaction, digit === undefined ? 400 : 200);
  if (digit !== undefined) onDigit(digit);
}

function respond(
  transaction: ServerTransaction,
  status: number,
  headers: [string, string][] = [],
): void {
  transaction.respond(createResponse(transaction.request, status, { headers }));
}
