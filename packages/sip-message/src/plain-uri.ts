import { DIGIT, HOST, LOWER_HOST, PARAM, USER } from './characters.ts';
import { MAX_PARAMS } from './limits.ts';
import { NOT_PLAIN, passClass } from './plain-octets.ts';
import type { SipUriSpans } from './sip-uri-scan.ts';

const COLON = 0x3a;
const SIGN = 0x40;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const MAX_PORT = 65_535;

/**
 * A SIP URI without password, IPv6 address, escapes or headers (RFC 3261 §25.1). What stands behind
 * it is the caller's to look at: an `@` there means that all of this was a user. Where the parts are
 * is noted in `spans`.
 */
export function plainSipUri(octets: Uint8Array, from: number, spans?: SipUriSpans): number {
  const start = plainScheme(octets, from);
  if (start < 0) return NOT_PLAIN;
  // The alphabet of a host is part of that of a user: this is the one or the beginning of the other.
  let hostFrom = start;
  let hostEnd = passClass(octets, start, HOST);
  const userEnd = octets[hostEnd] === SEMICOLON ? hostEnd : passClass(octets, hostEnd, USER);
  if (octets[userEnd] === SIGN && userEnd > start) {
    hostFrom = userEnd + 1;
    hostEnd = passClass(octets, hostFrom, HOST);
  } else if (userEnd !== hostEnd) {
    return NOT_PLAIN;
  }
  const paramsFrom = hostEnd === hostFrom ? NOT_PLAIN : plainPort(octets, hostEnd);
  const end = paramsFrom < 0 ? NOT_PLAIN : plainUriParams(octets, paramsFrom);
  if (spans !== undefined && end >= 0) {
    if (hostFrom > start) spans.userEnd = spans.sign = hostFrom - 1;
    if (paramsFrom > hostEnd) spans.port = plainDecimal(octets, hostEnd + 1, paramsFrom);
    spans.start = start;
    spans.hostFrom = hostFrom;
    spans.hostEnd = hostEnd;
    spans.paramsFrom = paramsFrom;
    spans.paramsEnd = spans.end = end;
    spans.isLower = passClass(octets, hostFrom, LOWER_HOST) === hostEnd;
  }
  return end;
}

function plainScheme(octets: Uint8Array, from: number): number {
  const isSip = octets[from] === 0x73 && octets[from + 1] === 0x69 && octets[from + 2] === 0x70;
  if (!isSip) return NOT_PLAIN;
  if (octets[from + 3] === COLON) return from + 4;
  return octets[from + 3] === 0x73 && octets[from + 4] === COLON ? from + 5 : NOT_PLAIN;
}

/** `[ COLON port ]` behind a host. */
export function plainPort(octets: Uint8Array, from: number): number {
  if (octets[from] !== COLON) return from;
  const end = passClass(octets, from + 1, DIGIT);
  if (end === from + 1 || end > from + 6) return NOT_PLAIN;
  return plainDecimal(octets, from + 1, end) > MAX_PORT ? NOT_PLAIN : end;
}

/** The value of digits, which has to be below 2^53. */
export function plainDecimal(octets: Uint8Array, from: number, end: number): number {
  let value = 0;
  for (let at = from; at < end; at++) value = value * 10 + (octets[at] ?? 0) - 48;
  return value;
}

function plainUriParams(octets: Uint8Array, from: number): number {
  let at = from;
  for (let count = 0; octets[at] === SEMICOLON; count++) {
    const nameEnd = passClass(octets, at + 1, PARAM);
    if (nameEnd === at + 1 || count >= MAX_PARAMS) return NOT_PLAIN;
    at = octets[nameEnd] === EQUALS ? passClass(octets, nameEnd + 1, PARAM) : nameEnd;
  }
  return at;
}
