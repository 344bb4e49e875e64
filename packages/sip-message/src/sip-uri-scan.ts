import { DIGIT, decimal, HEADER, HOST, isIn, PARAM, PASSWORD, USER } from './characters.ts';
import { ipv6Groups } from './ipv6.ts';
import { MAX_PARAMS } from './limits.ts';
import { Fault } from './refusal.ts';

const SECTION = 'RFC 3261 §19.1.1';
/** The longest IPv6 address, with its brackets. */
const MAX_IPV6 = 48;
const PERCENT = 0x25;
const COLON = 0x3a;

/** Where the parts of a well-formed SIP URI are in its text. */
export class SipUriSpans {
  /** The URI or a longer text that it is in. */
  readonly text: string;
  /** Where the URI begins and ends in the text. */
  readonly from: number;
  end: number;
  /** Behind the colon of the scheme. */
  start: number;
  /** The end of the user, -1 where there is none. */
  userEnd: number;
  /** The `@`, -1 where there is none. */
  sign: number;
  hostFrom: number;
  hostEnd: number;
  /** Whether the host is known to have no capitals. */
  isLower: boolean;
  /** -1 where there is none. */
  port: number;
  /** Behind host and port. */
  paramsFrom: number;
  /** The `?`, or the end. */
  paramsEnd: number;

  /** Assigned here and not where they are declared: a message has many. */
  constructor(text: string, from: number, start: number, end: number) {
    this.text = text;
    this.from = from;
    this.start = start;
    this.end = end;
    this.userEnd = -1;
    this.sign = -1;
    this.hostFrom = 0;
    this.hostEnd = 0;
    this.isLower = false;
    this.port = -1;
    this.paramsFrom = 0;
    this.paramsEnd = 0;
  }
}

/** Checks a SIP URI of which the scheme was read, and finds its parts. */
export function scanSipUri(spans: SipUriSpans): Fault | undefined {
  const { text, start, end } = spans;
  const sign = text.indexOf('@', start);
  spans.hostFrom = start;
  if (sign >= 0 && sign < end) {
    const fault = scanUserinfo(spans, sign);
    if (fault !== undefined) return fault;
    spans.hostFrom = sign + 1;
  }
  return scanAddress(spans) ?? scanParams(spans) ?? scanHeaders(spans);
}

function scanUserinfo(spans: SipUriSpans, sign: number): Fault | undefined {
  const { text, start } = spans;
  const userEnd = skipEscaped(text, start, sign, USER);
  if (userEnd === start) return bad(start, 'the user of a URI is empty or malformed');
  spans.userEnd = userEnd;
  spans.sign = sign;
  if (userEnd === sign) return undefined;
  const isPassword = text.charCodeAt(userEnd) === COLON;
  const end = isPassword ? skipEscaped(text, userEnd + 1, sign, PASSWORD) : userEnd;
  return end === sign ? undefined : bad(end, 'a URI holds a character that has to be escaped');
}

/** What follows a host: `:`, `;`, `?`. */
const NO_HOST: ReadonlySet<number> = new Set([0x3a, 0x3b, 0x3f]);

function scanAddress(spans: SipUriSpans): Fault | undefined {
  const { text, hostFrom, end } = spans;
  const isBracketed = hostFrom < end && text.charCodeAt(hostFrom) === 0x5b;
  const at = isBracketed ? skipIpv6(text, hostFrom, end) : skipClass(text, hostFrom, end, HOST);
  if (at <= hostFrom) {
    const isMissing = hostFrom === end || NO_HOST.has(text.charCodeAt(hostFrom));
    return bad(hostFrom, isMissing ? 'a URI needs a host' : 'the host of a URI is malformed');
  }
  spans.hostEnd = at;
  spans.paramsFrom = at;
  if (at === end || text.charCodeAt(at) !== COLON) return undefined;
  const portEnd = skipClass(text, at + 1, end, DIGIT);
  const port = portEnd - at > 6 ? -1 : decimal(text.slice(at + 1, portEnd), 65_535);
  if (port < 0) return bad(at + 1, 'the port of a URI is malformed');
  spans.port = port;
  spans.paramsFrom = portEnd;
  return undefined;
}

function scanParams(spans: SipUriSpans): Fault | undefined {
  const { text, end } = spans;
  let at = spans.paramsFrom;
  let count = 0;
  while (at < end && text.charCodeAt(at) === 0x3b) {
    const nameEnd = skipEscaped(text, at + 1, end, PARAM);
    if (nameEnd === at + 1) return bad(at + 1, 'a parameter of a URI is malformed');
    if (++count > MAX_PARAMS) return bad(at, 'a URI has too many parameters');
    const hasValue = nameEnd < end && text.charCodeAt(nameEnd) === 0x3d;
    at = hasValue ? skipEscaped(text, nameEnd + 1, end, PARAM) : nameEnd;
  }
  spans.paramsEnd = at;
  if (at === end || text.charCodeAt(at) === 0x3f) return undefined;
  return bad(at, 'a URI holds a character that it may not');
}

/** `headers` of RFC 3261 §25.1, from the `?` to the end. */
function scanHeaders({ text, paramsEnd, end }: SipUriSpans): Fault | undefined {
  let at = paramsEnd;
  for (let count = 0; at < end; count++) {
    const nameEnd = skipEscaped(text, at + 1, end, HEADER);
    const isPair = nameEnd > at + 1 && nameEnd < end && text.charCodeAt(nameEnd) === 0x3d;
    const valueEnd = isPair ? skipEscaped(text, nameEnd + 1, end, HEADER) : nameEnd;
    const isEnded = valueEnd === end || text.charCodeAt(valueEnd) === 0x26;
    if (!isPair || !isEnded || count >= MAX_PARAMS) {
      return bad(at, 'a header in a URI is malformed');
    }
    at = valueEnd;
  }
  return undefined;
}

/** The position behind the characters of a class and the escapes that are there. */
function skipEscaped(text: string, from: number, end: number, bit: number): number {
  let at = from;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (isIn(code, bit)) at++;
    else if (code === PERCENT && at + 2 < end && isHex(text, at + 1) && isHex(text, at + 2))
      at += 3;
    else return at;
  }
  return at;
}

function skipClass(text: string, from: number, end: number, bit: number): number {
  let at = from;
  while (at < end && isIn(text.charCodeAt(at), bit)) at++;
  return at;
}

/** The position behind an IPv6 address in brackets, or -1. */
function skipIpv6(text: string, from: number, end: number): number {
  const close = text.slice(from, Math.min(end, from + MAX_IPV6)).indexOf(']');
  if (close < 0) return -1;
  return ipv6Groups(text.slice(from + 1, from + close)) === undefined ? -1 : from + close + 1;
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
