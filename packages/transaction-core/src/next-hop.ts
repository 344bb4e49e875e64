import { StrowgerError } from '@strowger/runtime';
import { isSips, type SipMessage, type SipRequest, type Uri } from '@strowger/sip-message';
import { type Hop, isSecure, type MessageSender } from './message-sender.ts';

/** What our own Via adds to a message, roughly, in bytes. */
const VIA_BYTES = 90;

/** The hops for a request: of `target`, else the topmost Route, else the URI (RFC 3261 §8.1.2). */
export function locateHops(
  sender: MessageSender,
  request: SipRequest,
  target?: Uri,
): readonly Hop[] | Promise<readonly Hop[]> {
  const next = target ?? request.headers.get('route')?.[0]?.uri ?? request.uri;
  return sender.locate(next, sizeOf(request) + VIA_BYTES);
}

/**
 * Of these hops those that the request may take: with a `sips` URI, of itself or of its first Route, or
 * in a dialog that began with one (`isBound`), secure ones alone (RFC 3261 §26.2.2, RFC 5630 §3.1).
 *
 * @throws StrowgerError `INSECURE_HOP` where that leaves none.
 */
export function permittedHops(
  request: SipRequest,
  hops: readonly Hop[],
  isBound = false,
): readonly Hop[] {
  if (hops.every(({ transport }) => isSecure(transport))) return hops;
  const first = request.headers.has('route') ? request.headers.get('route')?.[0]?.uri : undefined;
  if (!isBound && !isSips(request.uri) && !isSips(first)) return hops;
  const secure = hops.filter(({ transport }) => isSecure(transport));
  if (secure.length > 0) return secure;
  const [{ transport, address, port }] = hops as [Hop]; // there is one, which is not secure
  throw new StrowgerError(
    'INSECURE_HOP',
    `sips: goes over secure hops alone, not ${transport} to ${address}:${port}`,
  );
}

/** What our Via says. */
interface OwnVia {
  readonly branch: string;
  readonly sentBy: { readonly host: string; readonly port: number };
}

/** A copy with our Via on top. */
export function withVia(request: SipRequest, hop: Hop, via: OwnVia): SipRequest {
  const copy = request.clone();
  addVia(copy, hop, via);
  return copy;
}

/** Puts our Via on top (RFC 3261 §18.1.1), `rport` asked for (RFC 3581 §3). */
export function addVia(request: SipRequest, { transport }: Hop, { branch, sentBy }: OwnVia): void {
  const host = sentBy.host.includes(':') ? `[${sentBy.host}]` : sentBy.host;
  const protocol = `SIP/2.0/${transport.toUpperCase()}`;
  request.headers.prependVia(`${protocol} ${host}:${sentBy.port}`, branch, ';rport');
}

/** Bytes on the wire, near enough for the size rule of RFC 3261 §18.1.1. */
function sizeOf(message: SipMessage): number {
  let size = 100 + message.body.length;
  for (const [name, value] of message.headers.entries()) size += name.length + value.length + 4;
  return size;
}
