import type { MediaType, SipMessage } from '@strowger/sip-message';
import type { MessageParts } from './dialog-user.ts';

/** Whether a message carries a session description: an offer or an answer (RFC 3261 §13.2.1). */
export function isDescribed(message: SipMessage): boolean {
  if (message.body.length === 0) return false;
  // as nearly everybody writes it: not taken apart
  const isPlain = message.headers.raw('Content-Type')[0] === 'application/sdp';
  return isPlain || isSession(message.headers.get('content-type'));
}

/** Whether what we are about to send carries one. */
export function hasDescription({ body }: MessageParts): boolean {
  return body !== undefined && /^\s*(application\/sdp|multipart\/)/iu.test(body.type);
}

/** Several parts count as one description: nobody adds parts to a call without one. */
function isSession(type: MediaType | undefined): boolean {
  if (type === undefined) return false;
  const main = type.type.toLowerCase();
  return main === 'multipart' || (main === 'application' && type.subtype.toLowerCase() === 'sdp');
}
