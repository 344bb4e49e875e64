import {
  type BodyPart,
  dispositionOf,
  leafParts,
  readBody,
  type SipMessage,
} from '@strowger/sip-message';
import type { MessageParts } from './dialog-user.ts';

/** Whether a message carries a session description: an offer or an answer (RFC 3261 §13.2.1). */
export function isDescribed(message: SipMessage): boolean {
  if (message.body.length === 0) return false;
  // as nearly everybody writes it: not taken apart
  if (message.headers.raw('Content-Type')[0] === 'application/sdp') return true;
  const type = message.headers.get('content-type');
  if (type === undefined) return false;
  const main = type.type.toLowerCase();
  if (main === 'multipart') return accompaniedDescription(message) !== undefined;
  return main === 'application' && type.subtype.toLowerCase() === 'sdp';
}

/** Whether what we are about to send carries one; ours with parts always do. */
export function hasDescription({ body }: MessageParts): boolean {
  return body !== undefined && /^\s*(application\/sdp|multipart\/)/iu.test(body.type);
}

/**
 * The session description among the parts of a multipart (RFC 5621 §3): the first whose disposition is
 * `session`. `undefined` where there is none, the multipart is malformed or encoded, or the body none.
 */
export function accompaniedDescription(message: SipMessage): BodyPart | undefined {
  const read = readBody(message);
  return read.ok && read.value !== undefined
    ? leafParts(read.value).find(isDescription)
    : undefined;
}

function isDescription({ contentType: { type, subtype }, headers }: BodyPart): boolean {
  if (type !== 'application' || subtype !== 'sdp' || headers.has('content-encoding')) return false;
  return dispositionOf(headers).type === 'session';
}
