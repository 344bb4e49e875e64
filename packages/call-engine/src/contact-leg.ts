import type { EndReason, Session } from '@strowger/session-core';
import type { LegRefusal } from './best-response.ts';
import type { LegEnding } from './call-table.ts';
import type { ContactEnd } from './shared-end.ts';

/** The call's session with one contact of the callee. */
export interface ContactLeg {
  readonly session: Session;
  readonly end: ContactEnd;
}

/** How a contact that had not answered refused. */
export function refusalOf(reason: EndReason): LegRefusal {
  const text = reason.kind === 'rejected' ? reason.text : undefined;
  return { status: reason.status, ...(text === undefined ? {} : { reason: text }) };
}

/** How a session ended, for the other side of the call. */
export function endingOf(reason: EndReason): LegEnding {
  const { kind, cause } = reason;
  if (kind === 'hungUp' || kind === 'cancelled') return { kind: 'hungUp', cause };
  return { kind: 'broken', cause, reason: kind };
}
