import { type SipRequest, SipUri } from '@strowger/sip-message';
import { type Hop, isReliable } from '@strowger/transaction-core';

/**
 * The hop that requests to the sender of this one are pinned to, or undefined where they follow
 * route set and Contact. A peer that spoke to us directly is answered on its connection, where there is one
 * (RFC 3261 §18, RFC 5626 for those that cannot be reached otherwise), and behind a NAT at the
 * address that it was heard from: its Contact says an address that nobody else knows.
 */
export function pinnedHop(request: SipRequest, hop: Hop): Hop | undefined {
  if (request.headers.has('record-route')) return undefined;
  if (hasSeveralVias(request)) return undefined;
  return isReliable(hop.transport) || isBehindNat(request, hop) ? hop : undefined;
}

function hasSeveralVias({ headers }: SipRequest): boolean {
  const [first = '', ...others] = headers.raw('Via');
  return others.length > 0 || (first.includes(',') && headers.get('via')?.length !== 1);
}

function isBehindNat(request: SipRequest, hop: Hop): boolean {
  const { host, port = 5060 } = request.via;
  if (isAddress(host) && (host !== hop.address || port !== hop.port)) return true;
  const contact = firstContact(request)?.uri;
  return contact instanceof SipUri && isAddress(contact.host) && contact.host !== hop.address;
}

/** The first Contact of a message; `*` is none. */
export function firstContact(message: Pick<SipRequest, 'headers'>) {
  const contacts = message.headers.get('contact');
  return contacts === undefined || contacts === '*' ? undefined : contacts[0];
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}
