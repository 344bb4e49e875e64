import type { EndReason } from '@strowger/session-core';
import type { LegRefusal } from './best-response.ts';
import type { LegEnding } from './call-table.ts';

/** How a contact that had not answered refused. */
export function refusalOf(reason: EndReason): LegRefusal {
  const text = reason.kind === 'rejected' ? reason.text : undefined;
  return { status: reason.status, ...(text === undefined ? {} : { reason: text }) };
}

/** How a session ended, for the other side of the call. */
export function endingOf({ kind, cause }: EndReason): LegEnding {
  if (kind === 'hungUp' || kind === 'cancelled') return { kind: 'hungUp', cause };
  return { kind: 'broken', cause, reason: kind };
}
