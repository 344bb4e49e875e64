import type { EndReason } from '@strowger/session-core';
import type { LegRefusal } from './best-response.ts';
import type { LegEnding } from './call-table.ts';

/** How a contact that had not answered refused. */
export function refusalOf(reason: EndReason): LegRefusal {
  if (reason.kind !== 'rejected') return { status: reason.status };
  const { status, text, contacts } = reason;
  return {
    status,
    ...(text === undefined ? {} : { reason: text }),
    ...(contacts === undefined ? {} : { contacts }),
  };
}

/** How a session ended, for the other side of the call. */
export function endingOf({ kind, status, cause, by }: EndReason): LegEnding {
  if (kind === 'hungUp' || kind === 'cancelled') return { kind: 'hungUp', status, cause };
  if (kind === 'rejected' && by === 'local') return { kind: 'refused', status, cause };
  return { kind: 'broken', status, cause, reason: kind };
}
