import type { SipRequest } from '@strowger/sip-message';

/**
 * What a proxy adds to its branches: a keyed hash over all that decides where the request goes
 * (RFC 5393 §4.2.2). Another proxy's branch never has ours, as it does not know the key.
 */
export function loopMark(request: SipRequest, key: string): string {
  const { uri, headers } = request;
  const routing = [uri.toString(), ...headers.raw('route'), ...headers.raw('proxy-require')];
  const text = `${key} ${request.fromTag} ${request.callId} ${request.cseq.number} ${routing.join(' ')}`;
  return `.${hash(text, 0x811c9dc5)}${hash(text, 0x2f0b4a35)}`;
}

/**
 * Whether the request went through here before with the very same routing, and so would again. One
 * that came back with another Request-URI is a spiral and goes on (RFC 5393 §4.2.1).
 */
export function isLoop(request: SipRequest, mark: string): boolean {
  for (const value of request.headers.raw('via')) {
    if (value.includes(mark)) return true;
  }
  return false;
}

/** FNV-1a, from a start of one's own. */
function hash(text: string, start: number): string {
  let value = start;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return (value >>> 0).toString(36).padStart(7, '0');
}
