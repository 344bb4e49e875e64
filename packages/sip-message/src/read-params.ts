import { isIn, TOKEN, VALUE } from './characters.ts';
import { MAX_PARAMS } from './limits.ts';
import { Params } from './params.ts';
import { endOfQuoted, isSpace, type Reader } from './reader.ts';
import type { Fault } from './refusal.ts';

const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BRACKET = 0x5b;

/** Reads `*( SEMI generic-param )` (RFC 3261 §25.1) up to what cannot be one. */
export function readParams(reader: Reader): Params | Fault {
  const from = reader.pos;
  const fault = skipParams(reader);
  if (fault !== undefined) return fault;
  const to = reader.pos;
  return Params.of(to === from ? '' : reader.text.slice(from, to), 'header');
}

/** Passes over parameters that are to be made when they are asked for: notes where they are. */
export function passParams(
  reader: Reader,
  spans: { paramsFrom: number; paramsEnd: number },
): Fault | undefined {
  spans.paramsFrom = reader.pos;
  const fault = skipParams(reader);
  spans.paramsEnd = reader.pos;
  return fault;
}

/** Passes over parameters and checks them; a parameter that occurs twice is a fault. */
function skipParams(reader: Reader): Fault | undefined {
  const { text, end, pos: from } = reader;
  let count = 0;
  let seen = 0;
  for (;;) {
    const semicolon = skipSpaces(text, reader.pos, end);
    if (semicolon >= end || text.charCodeAt(semicolon) !== SEMICOLON) return undefined;
    if (count++ >= MAX_PARAMS) {
      return reader.fault('TOO_MANY_PARAMS', 'too many parameters', semicolon);
    }
    const at = skipSpaces(text, semicolon + 1, end);
    const nameEnd = skipToken(text, at, end);
    if (nameEnd === at) return reader.fault('BAD_PARAM', 'a parameter has no name', at);
    // Letters of both cases differ by 32, and so fall on the same bit.
    const bit = 1 << (text.charCodeAt(at) + nameEnd - at);
    if ((seen & bit) !== 0 && isNamedBefore(text.slice(from, at - 1), text.slice(at, nameEnd))) {
      return reader.fault('DUPLICATE_PARAM', 'a parameter occurs twice', at);
    }
    seen |= bit;
    reader.pos = skipValue(text, nameEnd, end);
    if (reader.pos < 0) {
      return reader.fault('BAD_PARAM', 'a parameter has no readable value', nameEnd);
    }
  }
}

/** Whether one of the parameters in the text has the name. */
function isNamedBefore(text: string, name: string): boolean {
  return Params.of(text.trimEnd(), 'header').has(name);
}

/**
 * `[ EQUAL gen-value ]`: token, host or quoted-string; an empty value is let pass, as phones send
 * it. Gives the position behind it, or -1 where it does not end.
 */
function skipValue(text: string, from: number, end: number): number {
  const equals = skipSpaces(text, from, end);
  if (equals >= end || text.charCodeAt(equals) !== EQUALS) return from;
  const first = skipSpaces(text, equals + 1, end);
  if (first >= end) return equals + 1;
  const code = text.charCodeAt(first);
  if (code === QUOTE) return endOfQuoted(text, first, end);
  if (code === BRACKET) {
    const close = text.indexOf(']', first);
    return close >= 0 && close < end ? close + 1 : -1;
  }
  let at = first;
  while (at < end && isIn(text.charCodeAt(at), VALUE)) at++;
  return at === first ? equals + 1 : at; // space behind no value is none of it
}

function skipToken(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isIn(text.charCodeAt(at), TOKEN)) at++;
  return at;
}

function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}
