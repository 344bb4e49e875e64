import type { HeaderFields } from '@strowger/dialog-core';
import { type Headers, NameAddr, SipUri, type Uri } from '@strowger/sip-message';

/** Why a call goes to somebody else than was called. */
export type ForwardCause =
  /** Whoever was called wants that for every call. */
  | 'always'
  | 'busy'
  /** Nobody answered in time, or there was nobody who could. */
  | 'noAnswer'
  /** The phone that was called said so, by a 3xx. */
  | 'redirected';

/** One time that a call was sent elsewhere. */
export interface Forwarding {
  /** Who was called. */
  readonly from: Uri;
  /** Who is called instead. */
  readonly to: Uri;
  readonly cause: ForwardCause;
}

/** Of what others have written at most so many are kept, the latest. */
const MOST_ENTRIES = 20;

/** The reasons of RFC 5806 §4.1, the `cause` of RFC 4458, and the status that led to it. */
const CAUSES: Readonly<Record<ForwardCause, { reason: string; cause: number; status: number }>> = {
  always: { reason: 'unconditional', cause: 302, status: 302 },
  busy: { reason: 'user-busy', cause: 486, status: 486 },
  noAnswer: { reason: 'no-answer', cause: 408, status: 408 },
  redirected: { reason: 'deflection', cause: 480, status: 302 },
};

/**
 * How often a call has been forwarded by what its INVITE says: the counters of Diversion (RFC 5806
 * §4.1), or the retargetings in History-Info (RFC 7044 §5), whichever are more.
 */
export function timesForwarded(headers: Headers): number {
  const diverted = (headers.get('diversion') ?? [])
    .map(({ params }) => Number(params.get('counter') ?? 1))
    .reduce((sum, count) => sum + (Number.isInteger(count) && count > 0 ? count : 1), 0);
  const mapped = (headers.get('history-info') ?? []).filter(({ params }) => params.has('mp'));
  return Math.max(diverted, mapped.length);
}

/** Who has forwarded it by its Diversion headers, the latest first. */
export function divertedBy(headers: Headers): readonly Uri[] {
  return (headers.get('diversion') ?? []).map(({ uri }) => uri);
}

/**
 * Diversion (RFC 5806) and History-Info (RFC 7044) of an INVITE that goes to the last of `forwardings`,
 * the earliest of which comes first: what the INVITE before said, and what happened since.
 */
export function forwardingHeaders(
  received: Headers | undefined,
  forwardings: readonly Forwarding[],
): HeaderFields {
  const diversions = received?.get('diversion') ?? [];
  const history = [...(received?.get('history-info') ?? [])].slice(-MOST_ENTRIES);
  if (forwardings.length === 0 && diversions.length === 0 && history.length === 0) return [];
  const ours = forwardings.toReversed().map(diversionOf);
  for (const forwarding of forwardings) retarget(history, forwarding);
  return [
    ...[...ours, ...diversions]
      .slice(0, MOST_ENTRIES)
      .map((one) => ['Diversion', String(one)] as const),
    ...history.map((entry) => ['History-Info', String(entry)] as const),
  ];
}

function diversionOf({ from, cause }: Forwarding): NameAddr {
  const { reason } = CAUSES[cause];
  return new NameAddr({
    uri: from,
    params: [
      ['reason', reason],
      ['counter', '1'],
    ],
  });
}

/** RFC 7044 §10: who was called is told why it was not it, and who comes instead is numbered. */
function retarget(history: NameAddr[], { from, to, cause }: Forwarding): void {
  const last = history.at(-1);
  if (last === undefined || bare(last.uri) !== bare(from)) {
    const index = last === undefined ? '1' : `${indexOf(last)}.1`;
    history.push(new NameAddr({ uri: from, params: [['index', index]] }));
  }
  const left = history.pop();
  if (left === undefined) return;
  const { cause: number, status } = CAUSES[cause];
  const index = indexOf(left);
  history.push(
    new NameAddr({ uri: withReason(left.uri, status), params: left.params }),
    new NameAddr({
      uri: withCause(to, number),
      params: [
        ['index', `${index}.1`],
        ['mp', index],
      ],
    }),
  );
}

function indexOf({ params }: NameAddr): string {
  return params.get('index') ?? '1';
}

function withReason(uri: Uri, status: number): Uri {
  if (!(uri instanceof SipUri)) return uri;
  return uri.with({ headers: [['Reason', `SIP;cause=${status}`]] });
}

function withCause(uri: Uri, cause: number): Uri {
  if (!(uri instanceof SipUri)) return uri;
  const marked = uri.with({ headers: [] });
  marked.params.set('cause', String(cause));
  return marked;
}

/** An address without what was said about it on the way. */
function bare(uri: Uri): string {
  if (!(uri instanceof SipUri)) return uri.toString();
  const { scheme, user, host, port } = uri;
  return `${scheme}:${user ?? ''}@${host.toLowerCase()}:${port ?? ''}`;
}
