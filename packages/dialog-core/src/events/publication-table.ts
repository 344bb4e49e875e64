import { type StateTable, type Step, to } from '@strowger/runtime';
import type { FailureReason } from '../dialog-user.ts';
import { refreshAfterMs, retryRefreshAfterMs } from './refresh.ts';

/** Why a publication of ours is over; told exactly once. */
export type PublicationEnd =
  | { readonly kind: 'removed' }
  /** A PUBLISH was refused with this status, and perhaps with Retry-After. */
  | { readonly kind: 'rejected'; readonly status: number; readonly retryAfterMs?: number }
  /** It ran out: refreshing failed until then. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'failed'; readonly why: FailureReason };

/** The states of event state that we publish (RFC 3903 §4). */
export type PublicationState =
  /** A PUBLISH is under way; `next` waits for its answer: one at a time (RFC 3903 §4). */
  | {
      readonly name: 'publishing';
      readonly kind: PublishKind;
      readonly etag?: string | undefined;
      readonly next?: 'changed' | 'remove' | undefined;
    }
  | { readonly name: 'published'; readonly etag: string }
  | { readonly name: 'over' };

export type PublishKind = 'initial' | 'refresh' | 'modify' | 'remove';

export type PublicationInput =
  | { readonly type: 'accepted'; readonly etag: string | undefined; readonly expiresMs: number }
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly minExpiresSeconds?: number | undefined;
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly type: 'failed'; readonly why: FailureReason }
  /** The owner has another body. */
  | { readonly type: 'changed' }
  | { readonly type: 'refreshDue' }
  | { readonly type: 'expired' }
  | { readonly type: 'remove' }
  | { readonly type: 'close' };

export type PublicationOutput =
  | {
      readonly type: 'publish';
      readonly kind: PublishKind;
      readonly etag?: string | undefined;
      readonly minSeconds?: number | undefined;
    }
  | { readonly type: 'arm'; readonly timer: 'refresh' | 'expiry'; readonly ms: number }
  | { readonly type: 'tell'; readonly end: PublicationEnd }
  | { readonly type: 'release' };

type PublicationStep = Step<PublicationState, PublicationOutput>;
type Publishing = Extract<PublicationState, { name: 'publishing' }>;

/** Our publication: initial, refreshed, modified, removed (RFC 3903 §4.1 to §4.5). */
export const publicationTable: StateTable<PublicationState, PublicationInput, PublicationOutput> = {
  publishing: {
    accepted: (state, { etag, expiresMs }) => accepted(state, etag, expiresMs),
    refused: (state, input) => refused(state, input),
    failed: (state, { why }) => retryOrEnd(state, undefined, { kind: 'failed', why }),
    changed: (state) => to({ ...state, next: state.next ?? 'changed' }),
    remove: (state) => to({ ...state, next: 'remove' }),
    expired: () => over({ kind: 'expired' }),
    close: () => over({ kind: 'failed', why: { kind: 'dialogEnded' } }),
  },
  published: {
    refreshDue: ({ etag }) => publish('refresh', etag),
    changed: ({ etag }) => publish('modify', etag),
    remove: ({ etag }) => publish('remove', etag),
    expired: () => over({ kind: 'expired' }),
    close: () => over({ kind: 'failed', why: { kind: 'dialogEnded' } }),
  },
  over: {},
};

function publish(kind: PublishKind, etag?: string, minSeconds?: number): PublicationStep {
  return to({ name: 'publishing', kind, etag }, { type: 'publish', kind, etag, minSeconds });
}

function accepted(
  { kind, next }: Publishing,
  etag: string | undefined,
  expiresMs: number,
): PublicationStep {
  if (kind === 'remove') return over({ kind: 'removed' });
  // a 2xx without SIP-ETag cannot be refreshed (RFC 3903 §4.1)
  if (etag === undefined) return over({ kind: 'rejected', status: 200 });
  const timers: PublicationOutput[] = [
    { type: 'arm', timer: 'expiry', ms: expiresMs },
    { type: 'arm', timer: 'refresh', ms: refreshAfterMs(expiresMs) },
  ];
  if (next === undefined) return to({ name: 'published', etag }, ...timers);
  const following = publish(next === 'remove' ? 'remove' : 'modify', etag);
  return to(following.next, ...timers, ...following.outputs);
}

function refused(
  state: Publishing,
  input: Extract<PublicationInput, { type: 'refused' }>,
): PublicationStep {
  const { status, minExpiresSeconds, retryAfterMs } = input;
  const { kind, next, etag } = state;
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  const end: PublicationEnd = { kind: 'rejected', status, ...after };
  // the server has forgotten it (RFC 3903 §4.2): published anew, unless it was to go anyway
  if (status === 412 && kind !== 'initial') {
    return kind === 'remove' || next === 'remove' ? over({ kind: 'removed' }) : publish('initial');
  }
  if (kind === 'remove') return over({ kind: 'removed' });
  if (status === 423 && minExpiresSeconds !== undefined) {
    return publish(kind, etag, minExpiresSeconds);
  }
  if (status < 500 || status >= 600) return over(end);
  return retryOrEnd(state, retryAfterMs, end);
}

/** What is published holds until it runs out; until then it is tried again. */
function retryOrEnd(
  { kind, etag, next }: Publishing,
  afterMs: number | undefined,
  end: PublicationEnd,
): PublicationStep {
  if (kind === 'remove') return over({ kind: 'removed' });
  if (etag === undefined) return over(end);
  if (next === 'remove') return publish('remove', etag);
  return to(
    { name: 'published', etag },
    { type: 'arm', timer: 'refresh', ms: retryRefreshAfterMs(afterMs) },
  );
}

function over(end: PublicationEnd): PublicationStep {
  return to({ name: 'over' }, { type: 'release' }, { type: 'tell', end });
}
