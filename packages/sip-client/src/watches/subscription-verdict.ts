import type { PublicationEnd, SubscriptionEnd } from '@strowger/dialog-core';
import type { UpkeepTrouble, UpkeepVerdict } from './upkeep-table.ts';

/** Refusals that are the same tomorrow (RFC 3261 §21.4 and §21.6, RFC 6665 §4.1.2). */
const FINAL = new Set([
  400, 401, 402, 403, 404, 405, 406, 407, 410, 413, 414, 415, 416, 420, 421, 484, 485, 489, 501,
  505, 603, 604, 606,
]);

/** What follows from the end of a subscription of ours. */
export function verdictOnSubscription(end: SubscriptionEnd): UpkeepVerdict {
  switch (end.kind) {
    case 'unsubscribed':
      return { kind: 'over', end: { kind: 'stopped' } };
    case 'rejected':
      return refused(end);
    case 'terminated':
      return terminated(end);
    case 'expired':
      return again({ what: 'expired' });
    case 'noNotify':
    case 'noSubscription':
      return again({ what: 'unnotified' });
    case 'failed':
      return again({ what: end.why.kind === 'transport' ? 'noRoute' : 'unanswered' });
    default:
      return end satisfies never;
  }
}

/** What follows from the end of a publication of ours. */
export function verdictOnPublication(end: PublicationEnd): UpkeepVerdict {
  switch (end.kind) {
    case 'removed':
      return { kind: 'over', end: { kind: 'stopped' } };
    case 'rejected':
      return refused(end);
    case 'expired':
      return again({ what: 'expired' });
    case 'failed':
      return again({ what: end.why.kind === 'transport' ? 'noRoute' : 'unanswered' });
    default:
      return end satisfies never;
  }
}

function refused({
  status,
  retryAfterMs,
}: {
  status: number;
  retryAfterMs?: number;
}): UpkeepVerdict {
  // whoever says when we may come back does not mean it for good
  if (FINAL.has(status) && retryAfterMs === undefined) {
    return { kind: 'over', end: { kind: 'refused', status } };
  }
  return again({ what: 'refused', status }, retryAfterMs);
}

function terminated(end: Extract<SubscriptionEnd, { kind: 'terminated' }>): UpkeepVerdict {
  const reason = end.reason === undefined ? {} : { reason: end.reason };
  if (end.resubscribeAfterMs === undefined) {
    return { kind: 'over', end: { kind: 'terminated', ...reason } };
  }
  const isAtOnce = end.reason === 'deactivated' || end.reason === 'timeout';
  // a notifier that names no time leaves it to us (RFC 6665 §4.1.3)
  const afterMs = end.resubscribeAfterMs > 0 || isAtOnce ? end.resubscribeAfterMs : undefined;
  return again({ what: 'terminated', ...reason }, afterMs);
}

function again(trouble: UpkeepTrouble, afterMs?: number): UpkeepVerdict {
  return { kind: 'again', trouble, ...(afterMs === undefined ? {} : { afterMs }) };
}
