import { DIGIT, HOST, TOKEN, WORD } from './characters.ts';
import { NOT_PLAIN, passClass, passQuoted, passSpaces, plainParams } from './plain-octets.ts';
import { plainDecimal, plainPort, plainSipUri } from './plain-uri.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const SLASH = 0x2f;
const COLON = 0x3a;
const COMMA = 0x2c;
const LESS = 0x3c;
const GREATER = 0x3e;
const SIGN = 0x40;
const MAX_DIGITS = 10;
const MAX_CSEQ = 0x7fff_ffff;

/** A token. */
export function plainToken(octets: Uint8Array, from: number): number {
  const end = passClass(octets, from, TOKEN);
  return end === from ? NOT_PLAIN : end;
}

/** `1*DIGIT` up to a bound. */
export function plainNumber(octets: Uint8Array, from: number, max: number): number {
  const end = passClass(octets, from, DIGIT);
  if (end === from || end - from > MAX_DIGITS) return NOT_PLAIN;
  return plainDecimal(octets, from, end) > max ? NOT_PLAIN : end;
}

/** `token *( SEMI generic-param )`. */
export function plainTokenWithParams(octets: Uint8Array, from: number): number {
  const end = passClass(octets, from, TOKEN);
  return end === from ? NOT_PLAIN : plainParams(octets, end);
}

/** `m-type SLASH m-subtype *( SEMI m-parameter )`. */
export function plainMediaType(octets: Uint8Array, from: number): number {
  const slash = passClass(octets, from, TOKEN);
  const end = passClass(octets, slash + 1, TOKEN);
  if (slash === from || octets[slash] !== SLASH || end === slash + 1) return NOT_PLAIN;
  return plainParams(octets, end);
}

/** `word [ "@" word ]`. */
export function plainCallId(octets: Uint8Array, from: number): number {
  const sign = passClass(octets, from, WORD);
  if (sign === from) return NOT_PLAIN;
  if (octets[sign] !== SIGN) return sign;
  const end = passClass(octets, sign + 1, WORD);
  return end === sign + 1 ? NOT_PLAIN : end;
}

/** `1*DIGIT LWS Method`. */
export function plainCSeq(octets: Uint8Array, from: number): number {
  const gap = plainNumber(octets, from, MAX_CSEQ);
  if (gap < 0 || octets[gap] !== SPACE) return NOT_PLAIN;
  return plainToken(octets, passSpaces(octets, gap));
}

/** A name-addr with its parameters. */
export function plainAddress(octets: Uint8Array, from: number): number {
  const paramsFrom = plainNameAddr(octets, from);
  return paramsFrom < 0 ? NOT_PLAIN : plainParams(octets, paramsFrom);
}

/** `[ display-name ] LAQUOT addr-spec RAQUOT`: gives where the header's parameters begin. */
export function plainNameAddr(octets: Uint8Array, from: number): number {
  const less = passDisplayName(octets, from);
  if (less < 0 || octets[less] !== LESS) return NOT_PLAIN;
  const greater = plainSipUri(octets, less + 1);
  return greater < 0 || octets[greater] !== GREATER ? NOT_PLAIN : greater + 1;
}

/** `[ display-name ]` and the space behind it. */
export function passDisplayName(octets: Uint8Array, from: number): number {
  if (octets[from] === QUOTE) {
    const end = passQuoted(octets, from, 256);
    return octets[end] === QUOTE ? passSpaces(octets, end + 1) : NOT_PLAIN;
  }
  let at = passClass(octets, from, TOKEN);
  while (octets[at] === SPACE) at = passClass(octets, at + 1, TOKEN);
  return at;
}

/** `via-parm` with its parameters. */
export function plainVia(octets: Uint8Array, from: number): number {
  const paramsFrom = plainSentBy(octets, from);
  return paramsFrom < 0 ? NOT_PLAIN : plainParams(octets, paramsFrom);
}

/** `SIP/2.0/`, in capitals as everybody writes it. */
function isProtocol(octets: Uint8Array, from: number): boolean {
  const isSip = octets[from] === 0x53 && octets[from + 1] === 0x49 && octets[from + 2] === 0x50;
  const isTwo = octets[from + 4] === 0x32 && octets[from + 5] === 0x2e && octets[from + 6] === 0x30;
  return isSip && isTwo && octets[from + 3] === SLASH && octets[from + 7] === SLASH;
}

/** `sent-protocol LWS sent-by`: gives where the parameters begin. */
export function plainSentBy(octets: Uint8Array, from: number): number {
  if (!isProtocol(octets, from)) return NOT_PLAIN;
  const gap = plainToken(octets, from + 8);
  if (gap < 0 || octets[gap] !== SPACE) return NOT_PLAIN;
  const hostFrom = passSpaces(octets, gap);
  const hostEnd = passClass(octets, hostFrom, HOST);
  return hostEnd === hostFrom ? NOT_PLAIN : plainPort(octets, hostEnd);
}

const DAYS = triplesOf('SunMonTueWedThuFriSat');
const MONTHS = triplesOf('JanFebMarAprMayJunJulAugSepOctNovDec');
const GMT = triplesOf('GMT');

/** `Sat, 13 Nov 2010 23:29:00 GMT`. */
export function plainDate(octets: Uint8Array, from: number): number {
  const isPlain =
    DAYS.includes(tripleAt(octets, from)) &&
    octets[from + 3] === COMMA &&
    octets[from + 4] === SPACE &&
    isPair(octets, from + 5, SPACE) &&
    MONTHS.includes(tripleAt(octets, from + 8)) &&
    octets[from + 11] === SPACE &&
    passClass(octets, from + 12, DIGIT) === from + 16 &&
    octets[from + 16] === SPACE &&
    isPair(octets, from + 17, COLON) &&
    isPair(octets, from + 20, COLON) &&
    isPair(octets, from + 23, SPACE) &&
    GMT.includes(tripleAt(octets, from + 26));
  return isPlain ? from + 29 : NOT_PLAIN;
}

/** Two digits and what has to stand behind them. */
function isPair(octets: Uint8Array, from: number, separator: number): boolean {
  return passClass(octets, from, DIGIT) === from + 2 && octets[from + 2] === separator;
}

function tripleAt(octets: Uint8Array, from: number): number {
  return ((octets[from] ?? 0) << 16) | ((octets[from + 1] ?? 0) << 8) | (octets[from + 2] ?? 0);
}

function triplesOf(text: string): number[] {
  const octets = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return Array.from({ length: octets.length / 3 }, (_, i) => tripleAt(octets, i * 3));
}
