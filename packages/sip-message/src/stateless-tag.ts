import type { SipRequest } from './message.ts';

/**
 * The To tag for an answer of which nothing is kept: every copy of the request gets the same one, as
 * it is made from what they share (RFC 3261 §8.2.7, §17.2.3). Nobody need guess it; it is no secret.
 */
export function statelessTag(request: SipRequest): string {
  const { branch, sentBy, callId, fromTag, cseq } = request;
  const name = `${branch?.toLowerCase()}|${sentBy}|${callId}|${fromTag}|${cseq.number}|${cseq.method}`;
  let hash = 0x811c9dc5; // FNV-1a
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  }
  return `s${(hash >>> 0).toString(36)}`;
}
