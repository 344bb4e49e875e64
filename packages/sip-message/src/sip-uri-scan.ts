import { HOST, isIn, PARAM, PASSWORD, USER } from './characters.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { Fault } from './refusal.ts';

const SECTION = 'RFC 3261 §19.1.1';
const PERCENT = 0x25;
const COLON = 0x3a;

/** Where the parts of a well-formed SIP URI are in its text. */
export class SipUriSpans {
  text = '';
  /** Behind the colon of the scheme. */
  start = 0;
  /** The end of the user, -1 where there is none. */
  userEnd = -1;
  /** The `@`, -1 where there is none. */
  sign = -1;
  hostFrom = 0;
  hostEnd = 0;
  /** -1 where there is none. */
  port = -1;
  /** Behind host and port. */
  paramsFrom = 0;
  /** The `?`, or the end. */
  paramsEnd = 0;
}

/** Checks a URI from behind `sip:` and finds its parts. `text` is the URI and nothing else. */
export function scanSipUri(text: string, start: number): SipUriSpans | Fault {
  const spans = new SipUriSpans();
  spans.text = text;
  spans.start = start;
  const sign = text.indexOf('@', start);
  if (sign >= 0) {
    const fault = scanUserinfo(spans, sign);
    if (fault !== undefined) return fault;
  }
  spans.hostFrom = sign < 0 ? start : sign + 1;
  return scanAddress(spans) ?? scanRest(spans) ?? spans;
}

function scanUserinfo(spans: SipUriSpans, sign: number): Fault | undefined {
  const { text, start } = spans;
  const userEnd = skipEscaped(text, start, USER);
  if (userEnd === start) return bad(start, 'the user of a URI is empty or malformed');
  const isPassword = text.charCodeAt(userEnd) === COLON;
  const end = isPassword ? skipEscaped(text, userEnd + 1, PASSWORD) : userEnd;
  if (end !== sign) return bad(end, 'a URI holds a character that has to be escaped');
  spans.userEnd = userEnd;
  spans.sign = sign;
  return undefined;
}

function scanAddress(spans: SipUriSpans): Fault | undefined {
  const { text, hostFrom } = spans;
  const isBracketed = text.charCodeAt(hostFrom) === 0x5b;
  const end = isBracketed ? skipIpv6(text, hostFrom) : skipHost(text, hostFrom);
  if (end <= hostFrom) return bad(hostFrom, 'the host of a URI is malformed');
  spans.hostEnd = end;
  spans.paramsFrom = end;
  if (text.charCodeAt(end) !== COLON) return undefined;
  let port = 0;
  let at = end + 1;
  for (; isDigit(text.charCodeAt(at)) && port <= 65_535; at++) {
    port = port * 10 + text.charCodeAt(at) - 48;
  }
  if (at === end + 1 || port > 65_535) return bad(end + 1, 'the port of a URI is malformed');
  spans.port = port;
  spans.paramsFrom = at;
  return undefined;
}

function scanRest(spans: SipUriSpans): Fault | undefined {
  const { text } = spans;
  let at = spans.paramsFrom;
  let count = 0;
  while (text.charCodeAt(at) === 0x3b) {
    const nameEnd = skipEscaped(text, at + 1, PARAM);
    if (nameEnd === at + 1) return bad(at + 1, 'a parameter of a URI is malformed');
    if (++count > DEFAULT_LIMITS.params) return bad(at, 'a URI has too many parameters');
    const hasValue = text.charCodeAt(nameEnd) === 0x3d;
    at = hasValue ? skipEscaped(text, nameEnd + 1, PARAM) : nameEnd;
  }
  spans.paramsEnd = at;
  if (at === text.length || text.charCodeAt(at) === 0x3f) return undefined;
  return bad(at, 'a URI holds a character that it may not');
}

/** The position behind the characters of a class and the escapes that are there. */
export function skipEscaped(text: string, from: number, bit: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (isIn(code, bit)) at++;
    else if (code === PERCENT && isHex(text, at + 1) && isHex(text, at + 2)) at += 3;
    else return at;
  }
}

function skipHost(text: string, from: number): number {
  let at = from;
  while (isIn(text.charCodeAt(at), HOST)) at++;
  return at;
}

/** IPv6 as far as the alphabet and the number of colons tell. */
function skipIpv6(text: string, from: number): number {
  let colons = 0;
  let at = from + 1;
  for (; isHex(text, at) || text.charCodeAt(at) === COLON || text.charCodeAt(at) === 0x2e; at++) {
    if (text.charCodeAt(at) === COLON) colons++;
  }
  return text.charCodeAt(at) === 0x5d && colons >= 2 && colons <= 8 ? at + 1 : -1;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isHex(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  const letter = code | 0x20;
  return isDigit(code) || (letter >= 97 && letter <= 102);
}

function bad(at: number, message: string): Fault {
  return new Fault('BAD_URI', at, SECTION, message);
}
