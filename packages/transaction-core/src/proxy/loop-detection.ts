import type { SipRequest } from '@strowger/sip-message';

const FNV_PRIME = 0x01000193;

/**
 * What a proxy adds to its branches: a keyed hash over all that decides where the request goes
 * (RFC 5393 §4.2.2). Another proxy's branch never has ours, as it does not know the key. It is FNV-1a,
 * from two starts.
 */
export function loopMark(request: SipRequest, key: string): string {
  const { uri, headers } = request;
  const routing = [uri.toString(), ...headers.raw('route'), ...headers.raw('proxy-require')];
  const text = `${key} ${request.fromTag} ${request.callId} ${request.cseq.number} ${routing.join(' ')}`;
  let first = 0x811c9dc5;
  let second = 0x2f0b4a35;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    first = Math.imul(first ^ code, FNV_PRIME);
    second = Math.imul(second ^ code, FNV_PRIME);
  }
  return `.${written(first)}${written(second)}`;
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

function written(hash: number): string {
  return (hash >>> 0).toString(36).padStart(7, '0');
}
