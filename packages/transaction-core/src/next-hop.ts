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

/** A copy with our Via on top (RFC 3261 §18.1.1), `rport` asked for (RFC 3581 §3). */
export function withVia(
  request: SipRequest,
  { transport }: Hop,
  { branch, sentBy }: { branch: string; sentBy: { host: string; port: number } },
): SipRequest {
  const copy = request.clone();
  const host = sentBy.host.includes(':') ? `[${sentBy.host}]` : sentBy.host;
  const protocol = `SIP/2.0/${transport.toUpperCase()}`;
  copy.headers.prependVia(`${protocol} ${host}:${sentBy.port}`, branch, ';rport');
  return copy;
}

/** Bytes on the wire, near enough for the size rule of RFC 3261 §18.1.1. */
function sizeOf(message: SipMessage): number {
  let size = 100 + message.body.length;
  for (const [name, value] of message.headers.entries()) size += name.length + value.length + 4;
  return size;
}
