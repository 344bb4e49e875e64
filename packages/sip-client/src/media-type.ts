import type { SipMessage } from '@strowger/sip-message';

/** The media type of a body in lower case, without parameters; empty where none is said. */
export function mediaTypeOf({ headers }: SipMessage): string {
  const type = headers.get('content-type');
  return type === undefined ? '' : `${type.type}/${type.subtype}`;
}

/** How a body is encoded (RFC 3261 §20.12); empty where it is as it is. */
export function encodingOf({ headers }: SipMessage): string {
  const all = headers.raw('Content-Encoding').join(', ').trim().toLowerCase();
  return all === 'identity' ? '' : all;
}
