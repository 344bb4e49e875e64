import { CLASS_OF, TOKEN, VALUE } from './characters.ts';

/*
 * What `plain` means here and in the files beside this one: a value in the shape in which nearly all
 * of them come, without folds, escapes, quoted-pairs, or space where the grammar lets it be. A plain
 * function looks at octets of the packet, makes nothing, and gives the position behind the value, or
 * -1 where it cannot tell: then the reader of the whole grammar decides. It never accepts what that
 * reader refuses, so it never decides alone that something is wrong.
 */

export const NOT_PLAIN = -1;

const SPACE = 0x20;
const DELETE = 0x7f;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const LOWER_CASE = 0x20;
/** Beyond so many the reader decides. */
const MAX_PLAIN_PARAMS = 32;

/** The position behind the octets of a class. */
export const passClass = createPassClass();

/**
 * Bundlers make variables of the constants of a module. Those of a function stay constants, and the
 * engine can look them up when it compiles: this loop takes a third of the time.
 */
function createPassClass(): (octets: Uint8Array, from: number, bit: number) => number {
  const classOf = CLASS_OF;
  return (octets, from, bit) => {
    let at = from;
    while (((classOf[octets[at] ?? 0] ?? 0) & bit) !== 0) at++;
    return at;
  };
}

/** The position behind spaces. */
export function passSpaces(octets: Uint8Array, from: number): number {
  let at = from;
  while (octets[at] === SPACE) at++;
  return at;
}

/** `*( SEMI generic-param )` (RFC 3261 §25.1), no name twice. */
export function plainParams(octets: Uint8Array, from: number): number {
  let seen = 0;
  let at = from;
  while (octets[at] === SEMICOLON) {
    const nameFrom = at + 1;
    const nameEnd = passClass(octets, nameFrom, TOKEN);
    // Letters of both cases differ by 32, and so fall on the same bit.
    const bit = 1 << ((octets[nameFrom] ?? 0) + nameEnd - nameFrom);
    if (nameEnd === nameFrom) return NOT_PLAIN;
    if ((seen & bit) !== 0 && isNamedBefore(octets, from, nameFrom)) return NOT_PLAIN;
    seen |= bit;
    at = nameEnd;
    if (octets[at] === EQUALS) at = plainParamValue(octets, at + 1);
    if (at < 0) return NOT_PLAIN;
  }
  return at;
}

/** Whether a parameter before the one at `nameFrom` has its name; or it is one of too many. */
function isNamedBefore(octets: Uint8Array, from: number, nameFrom: number): boolean {
  let at = from;
  for (let count = 0; count < MAX_PLAIN_PARAMS; count++) {
    if (at + 1 === nameFrom) return false;
    const nameEnd = passClass(octets, at + 1, TOKEN);
    const length = nameEnd - at - 1;
    let i = 0;
    while (i < length && isSameLetter(octets, at + 1 + i, nameFrom + i)) i++;
    if (i === length && ((CLASS_OF[octets[nameFrom + i] ?? 0] ?? 0) & TOKEN) === 0) return true;
    at = octets[nameEnd] === EQUALS ? plainParamValue(octets, nameEnd + 1) : nameEnd;
  }
  return true;
}

/** Whether two octets are the same letter; of others perhaps too, where they are not the same. */
function isSameLetter(octets: Uint8Array, one: number, other: number): boolean {
  return ((octets[one] ?? 0) | LOWER_CASE) === ((octets[other] ?? 0) | LOWER_CASE);
}

function plainParamValue(octets: Uint8Array, from: number): number {
  if (octets[from] !== QUOTE) return passClass(octets, from, VALUE);
  const end = passQuoted(octets, from, DELETE);
  return octets[end] === QUOTE ? end + 1 : NOT_PLAIN;
}

/** The position of the quote that ends a quoted-string, or of an octet that is not plain in it. */
export function passQuoted(octets: Uint8Array, from: number, below: number): number {
  let at = from + 1;
  for (;;) {
    const octet = octets[at] ?? 0;
    if (octet < SPACE || octet >= below || octet === QUOTE || octet === BACKSLASH) return at;
    at++;
  }
}

/**
 * The value of one of the parameters that `plainParams` passed, `''` where it has none, undefined
 * where there is no such parameter. The name in lower case, of letters only.
 */
export function plainParam(
  { text, octets }: { readonly text: string; readonly octets: Uint8Array },
  from: number,
  name: string,
): string | undefined {
  let at = from;
  while (octets[at] === SEMICOLON) {
    const nameEnd = passClass(octets, at + 1, TOKEN);
    const isValued = octets[nameEnd] === EQUALS;
    const valueFrom = nameEnd + 1;
    const end = isValued ? plainParamValue(octets, valueFrom) : nameEnd;
    if (nameEnd - at - 1 === name.length && isNamed(octets, at + 1, name)) {
      if (!isValued) return '';
      const isQuoted = octets[valueFrom] === QUOTE;
      return isQuoted ? text.slice(valueFrom + 1, end - 1) : text.slice(valueFrom, end);
    }
    at = end;
  }
  return undefined;
}

function isNamed(octets: Uint8Array, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (((octets[from + i] ?? 0) | LOWER_CASE) !== name.charCodeAt(i)) return false;
  }
  return true;
}
