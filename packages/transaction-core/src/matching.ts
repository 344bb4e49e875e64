import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** What every branch of RFC 3261 begins with (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** Methods that a CANCEL is looked for under, likeliest first (RFC 3261 §9.2). */
const CANCELLABLE = ['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'REFER'];

/** Whether the client that sent this chose its branch as RFC 3261 demands. */
export function hasMagicCookie(request: SipRequest): boolean {
  return request.branch?.startsWith(MAGIC_COOKIE) === true;
}

/** The key of the server transaction that a request belongs to (RFC 3261 §17.2.3). */
export function serverKey(request: SipRequest, method = transactionMethod(request)): string {
  const { branch } = request;
  if (branch?.startsWith(MAGIC_COOKIE) === true) {
    // a branch is compared without regard to its case (§7.3.1)
    return `${branch.toLowerCase()}|${request.sentBy}|${method}`;
  }
  const { uri, fromTag, callId, cseq, via } = request;
  return ['2543', uri, fromTag ?? '', callId, cseq.number, via, method].join('|');
}

/** The keys under which the request may be filed that this CANCEL means (RFC 3261 §9.2). */
export function cancelledKeys(cancel: SipRequest): string[] {
  return CANCELLABLE.map((method) => serverKey(cancel, method));
}

/** Whether a CANCEL names the very request that its branch points at. */
export function cancelFits(cancel: SipRequest, request: SipRequest): boolean {
  return (
    cancel.callId === request.callId &&
    cancel.cseq.number === request.cseq.number &&
    cancel.fromTag === request.fromTag
  );
}

/**
 * What the copies of one request share that reached us over several paths (RFC 3261 §8.2.2.2);
 * `undefined` for a request within a dialog.
 */
export function mergeKey(request: SipRequest): string | undefined {
  if (request.toTag !== undefined) return undefined;
  const { fromTag, callId, cseq } = request;
  return `${fromTag ?? ''}|${callId}|${cseq.number}|${cseq.method}`;
}

/** The key of the client transaction that a response belongs to (RFC 3261 §17.1.3). */
export function clientKey(message: SipRequest | SipResponse): string {
  return `${message.branch?.toLowerCase()}|${message.cseq.method}`;
}

function transactionMethod({ method }: SipRequest): string {
  return method === 'ACK' ? 'INVITE' : method;
}

/**
 * Whether a response has more Vias than the request went out with: somebody between wrote one that
 * is not ours, so it was not meant for us (RFC 3261 §8.1.3.3; a proxy's own request has several).
 */
export function hasForeignVia(response: SipResponse, request: SipRequest): boolean {
  const theirs = response.headers.raw('Via');
  if (theirs.length === 1 && theirs[0]?.includes(',') === false) return false;
  const ours = request.headers.raw('Via');
  const isPlain = ![...theirs, ...ours].some((value) => value.includes(','));
  if (isPlain) return theirs.length > ours.length;
  return (response.headers.get('via') ?? []).length > (request.headers.get('via') ?? []).length;
}
