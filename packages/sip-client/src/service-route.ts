import { gruusOf } from '@strowger/dialog-core';
import { NameAddr, type SipResponse, SipUri } from '@strowger/sip-message';

/** More proxies than this between us and our home are nobody's but an attacker's. */
const MOST_PROXIES = 16;

/**
 * The way that our registrar wants requests to take, best first (RFC 3608 §6.1): the preloaded route
 * of all but REGISTER. Empty where it said nothing, or something that is no route.
 */
export function serviceRouteOf({ headers }: SipResponse): readonly NameAddr[] {
  const route = headers.get('service-route') ?? [];
  const isSound = route.length <= MOST_PROXIES && route.every(({ uri }) => uri instanceof SipUri);
  return isSound ? route.map((one) => new NameAddr({ uri: one.uri })) : [];
}

/** The GRUU that the registrar gave to this contact of ours (RFC 5627 §4.2): the public one. */
export function ownGruu({ headers }: SipResponse, contact: string): SipUri | undefined {
  const contacts = headers.get('contact');
  const own = NameAddr.parse(contact);
  if (contacts === undefined || contacts === '*' || !own.ok) return undefined;
  const ours = contacts.find(({ uri }) => uri.equals(own.value.uri));
  if (ours === undefined) return undefined;
  const { pub, temp } = gruusOf(ours);
  return pub ?? temp;
}
