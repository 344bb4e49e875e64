import type { SipMessage, SipRequest, Uri } from '@strowger/sip-message';
import type { Hop, MessageSender } from './message-sender.ts';

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
