import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** What every branch of RFC 3261 begins with (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** Methods that a CANCEL is looked for under, likeliest first (RFC 3261 §9.2). */
const CANCELLABLE = ['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'REFER'];

/** Whether the client that sent this chose its branch as RFC 3261 demands. */
export function hasMagicCookie(request: SipRequest): boolean {
  return request.via.branch?.startsWith(MAGIC_COOKIE) === true;
}

/** The key of the server transaction that a request belongs to (RFC 3261 §17.2.3). */
export function serverKey(request: SipRequest, method = transactionMethod(request)): string {
  const { via } = request;
  if (hasMagicCookie(request)) {
    // a cookie's case is not fixed, a branch is compared without regard to it (§7.3.1)
    return `${via.branch?.toLowerCase()}|${via.host.toLowerCase()}:${via.port ?? ''}|${method}`;
  }
  const { uri, from, callId, cseq } = request;
  return ['2543', uri, from.tag ?? '', callId, cseq.number, via, method].join('|');
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
    cancel.from.tag === request.from.tag
  );
}

/**
 * What the copies of one request share that reached us over several paths (RFC 3261 §8.2.2.2);
 * `undefined` for a request within a dialog.
 */
export function mergeKey(request: SipRequest): string | undefined {
  if (request.to.tag !== undefined) return undefined;
  const { from, callId, cseq } = request;
  return `${from.tag ?? ''}|${callId}|${cseq.number}|${cseq.method}`;
}

/** The key of the client transaction that a response belongs to (RFC 3261 §17.1.3). */
export function clientKey(message: SipRequest | SipResponse): string {
  return `${message.via.branch?.toLowerCase()}|${message.cseq.method}`;
}

function transactionMethod({ method }: SipRequest): string {
  return method === 'ACK' ? 'INVITE' : method;
}

/**
 * Whether a response has more Vias than the request went out with: somebody between wrote one that
 * is not ours, so it was not meant for us (RFC 3261 §8.1.3.3; a proxy's own request has several).
 */
export function hasForeignVia(response: SipResponse, request: SipRequest): boolean {
  const [only, another] = response.headers.raw('Via');
  if (another === undefined && only?.includes(',') !== true) return false;
  return (response.headers.get('via') ?? []).length > (request.headers.get('via') ?? []).length;
}
