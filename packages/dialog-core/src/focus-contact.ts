import { NameAddr, SipUri } from '@strowger/sip-message';

/**
 * Our Contact as the focus of a conference: it names the conference, and says `isfocus` (RFC 4579
 * §4.1), so that who is in it knows that, and where to subscribe.
 */
export function focusContact(contact: string, conference: string): string {
  const parsed = NameAddr.parse(contact);
  if (!parsed.ok || !(parsed.value.uri instanceof SipUri)) return contact; // we wrote it ourselves
  return `<${parsed.value.uri.with({ user: conference })}>;isfocus`;
}
