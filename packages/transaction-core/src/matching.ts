import type { SipRequest, SipResponse } from '@strowger/sip-message';

/** What every branch of RFC 3261 begins with (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** Methods that a CANCEL is looked for under, likeliest first (RFC 3261 §9.2). */
const CANCELLABLE = ['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'REFER'];

/** Whether a CANCEL may mean a request of this method. */
export function isCancellable(method: string): boolean {
  return CANCELLABLE.includes(method);
}

/** Whether the client that sent this chose its branch as RFC 3261 demands. */
export function hasMagicCookie(request: SipRequest): boolean {
  return request.branch?.startsWith(MAGIC_COOKIE) === true;
}

/** The key of the server transaction that a request belongs to (RFC 3261 §17.2.3). */
export function serverKey(request: SipRequest, method = transactionMethod(request)): string {
  const { branch } = request;
  if (branch?.startsWith(MAGIC_COOKIE) === true) {
    // a branch is compared without regard to its case (§7.3.1)
    return inOnePiece(`${branch.toLowerCase()}|${request.sentBy}|${method}`);
  }
  const { uri, fromTag, callId, cseq, via } = request;
  return ['2543', uri, fromTag ?? '', callId, cseq.number, via, method].join('|');
}

/**
 * A key that begins with a known character, put together: looking at that is what makes the engine
 * copy the parts, which would hold their whole packet as long as the key lives.
 */
function inOnePiece(key: string): string {
  return key.charCodeAt(0) === 0xffff ? '' : key;
}

/**
 * Under which key, and as which request, what this CANCEL means may be filed (RFC 3261 §9.2): the
 * branch alone does not say it.
 */
export function cancelled(cancel: SipRequest): { key: string; identity: string }[] {
  return CANCELLABLE.map((method) => ({
    key: serverKey(cancel, method),
    identity: identityOf(cancel, method),
  }));
}

/**
 * What the copies of one request share that reached us over several paths (RFC 3261 §8.2.2.2), and
 * what a CANCEL has of the request that it means (§9.1).
 */
export function identityOf(request: SipRequest, method = request.method): string {
  const { fromTag, callId, cseq } = request;
  return inOnePiece(`${cseq.number}|${method}|${fromTag ?? ''}|${callId}`);
}

/**
 * The key of the client transaction that a response belongs to (RFC 3261 §17.1.3), or that of a
 * request, of which CSeq has the method too.
 */
export function clientKey(message: SipRequest | SipResponse): string {
  const method = message.kind === 'request' ? message.method : message.cseq.method;
  return `${message.branch?.toLowerCase()}|${method}`;
}

function transactionMethod({ method }: SipRequest): string {
  return method === 'ACK' ? 'INVITE' : method;
}

/**
 * Whether a response has more Vias than the request went out with: somebody between wrote one that
 * is not ours, so it was not meant for us (RFC 3261 §8.1.3.3; a proxy's own request has several).
 */
export function hasForeignVia(response: SipResponse, ours: { readonly vias: number }): boolean {
  const theirs = viaCount(response);
  return theirs > 1 && theirs > ours.vias;
}

/** How many Vias there are, several to a field or not. */
export function viaCount({ headers }: SipRequest | SipResponse): number {
  const fields = headers.raw('Via');
  const isPlain = !fields.some((value) => value.includes(','));
  return isPlain ? fields.length : (headers.get('via')?.length ?? 0);
}
