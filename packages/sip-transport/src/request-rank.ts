import type { SipRequest } from '@strowger/sip-message';

/**
 * What goes first when there is too much to do (RFC 7339 §5.10.1): an emergency before all, then
 * what belongs to something that is under way, which ends it sooner than it begins another.
 */
export type RequestRank = 'emergency' | 'underWay' | 'new';

/** Namespaces of Resource-Priority that mark emergency services (RFC 4412 §10, RFC 7135). */
const EMERGENCY = /\b(?:esnet|ets|wps)\./i;
const UNDER_WAY = new Set(['ACK', 'CANCEL', 'BYE', 'PRACK']);

/** The rank of a request that came. */
export function rankOf(request: SipRequest): RequestRank {
  if (UNDER_WAY.has(request.method) || request.to.tag !== undefined) return 'underWay';
  return isEmergency(request) ? 'emergency' : 'new';
}

/** RFC 5031 §4.2 (`urn:service:sos`), RFC 4412, RFC 3261 §20.26. */
function isEmergency({ uri, headers }: SipRequest): boolean {
  if (uri.scheme === 'urn') return /^urn:service:sos(?:\.|$)/i.test(uri.toString());
  if (headers.raw('Priority')[0]?.trim().toLowerCase() === 'emergency') return true;
  return headers.raw('Resource-Priority').some((value) => EMERGENCY.test(value));
}
