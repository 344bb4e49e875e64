import { HOST, isAll, isIn, PARAM, TOKEN, VALUE } from './characters.ts';
import { MAX_PARAMS } from './limits.ts';
import { escape, unescape } from './percent.ts';
import { endOfQuoted, isSpace, quote, Reader, unquote } from './reader.ts';
import { type Fault, SipMessageError } from './refusal.ts';

/** How values are protected: quoted in header parameters, percent-escaped in URI parameters. */
export type ParamStyle = 'header' | 'uri';

const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BRACKET = 0x5b;

/**
 * Parameters in their order (`generic-param` and `uri-parameter`, RFC 3261 §25.1). Names are
 * compared without regard to case and keep the case in which they came; values are given without
 * quotes and escapes. What was parsed is printed as it came until it is changed.
 */
export class Params implements Iterable<[name: string, value: string | undefined]> {
  private style: ParamStyle;
  private isChanged = false;
  /** What was read and has not been taken apart yet: `;a=b;c`. */
  private source: string;
  private names: string[] | undefined;
  private raw: (string | undefined)[] = NO_VALUES;

  /** Throws `BAD_NAME` and `HEADER_INJECTION` as `set` does. */
  constructor(
    entries: Iterable<readonly [string, (string | undefined)?]> = NO_ENTRIES,
    style: ParamStyle = 'header',
  ) {
    this.style = style;
    this.source = '';
    if (entries === NO_ENTRIES) return;
    for (const [name, value] of entries) this.set(name, value);
    this.isChanged = false;
  }

  /** The value, `''` for a parameter without one, undefined where there is no such parameter. */
  get(name: string): string | undefined {
    const names = this.list();
    const at = find(names, name);
    return at < 0 ? undefined : (this.value(at) ?? '');
  }

  has(name: string): boolean {
    return find(this.list(), name) >= 0;
  }

  /** Replaces or appends; without a value as a flag. Throws `BAD_NAME`, `HEADER_INJECTION`. */
  set(name: string, value?: string): this {
    if (!isAll(name, this.style === 'uri' ? PARAM : TOKEN)) {
      throw new SipMessageError('BAD_NAME', 'a parameter name holds a character that it may not');
    }
    const raw = value === undefined ? undefined : this.protect(value);
    const names = this.list();
    const at = find(names, name);
    if (at < 0) this.addRaw(name, raw);
    else this.raw[at] = raw;
    this.isChanged = true;
    return this;
  }

  /** Whether there was such a parameter. */
  delete(name: string): boolean {
    const names = this.list();
    const at = find(names, name);
    if (at < 0) return false;
    names.splice(at, 1);
    this.raw.splice(at, 1);
    this.isChanged = true;
    return true;
  }

  get size(): number {
    return this.list().length;
  }

  /** Whether `set` or `delete` was called since it was made: then the parsed text is out of date. */
  get changed(): boolean {
    return this.isChanged;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string | undefined]> {
    const names = this.list();
    for (let i = 0; i < names.length; i++) yield [names[i] ?? '', this.value(i)];
  }

  clone(): Params {
    const copy = new Params(NO_ENTRIES, this.style);
    copy.source = this.source;
    copy.names = this.names?.slice();
    copy.raw = this.raw.slice();
    return copy;
  }

  /** With the leading semicolon: `;lr;maddr=192.0.2.1`, or `''`. */
  toString(): string {
    if (this.names === undefined) return this.source;
    return this.names.length === 0 ? '' : `;${this.join(';')}`;
  }

  /** All parameters with this between them. */
  join(separator: string): string {
    const names = this.list();
    let text = '';
    for (let i = 0; i < names.length; i++) {
      const raw = this.raw[i];
      const name = names[i] ?? '';
      text += `${i === 0 ? '' : separator}${raw === undefined ? name : `${name}=${raw}`}`;
    }
    return text;
  }

  /**
   * Parameters that were found to be well-formed, to be taken apart when they are asked for.
   * @internal
   */
  static of(source: string, style: ParamStyle): Params {
    const params = new Params(NO_ENTRIES, style);
    params.source = source;
    return params;
  }

  /**
   * Adds what was read, as it stands.
   * @internal
   */
  addRaw(name: string, raw: string | undefined): void {
    const names = this.list();
    names.push(name);
    this.raw.push(raw);
  }

  private list(): string[] {
    if (this.names !== undefined) return this.names;
    const names: string[] = [];
    this.names = names;
    this.raw = [];
    if (this.source !== '') split(this.source, names, this.raw);
    return names;
  }

  private value(at: number): string | undefined {
    const raw = this.raw[at];
    if (raw === undefined) return undefined;
    if (this.style === 'uri') return unescape(raw) ?? raw;
    return raw.charCodeAt(0) === QUOTE ? unquote(raw) : raw;
  }

  private protect(value: string): string {
    if (this.style === 'uri') return escape(value, PARAM);
    refuseInjection(value);
    return isAll(value, TOKEN) || isHostLike(value) ? value : quote(value);
  }
}

const NO_ENTRIES: readonly [string][] = [];
const NO_VALUES: (string | undefined)[] = [];

/** Throws `HEADER_INJECTION` for CR, LF and NUL, which would let a value become a line of its own. */
export function refuseInjection(value: string): void {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 13 || code === 10 || code === 0) {
      throw new SipMessageError('HEADER_INJECTION', 'a value must not hold CR, LF or NUL');
    }
  }
}

/** Reads `*( SEMI generic-param )` (RFC 3261 §25.1) up to what cannot be one. */
export function readParams(reader: Reader): Params | Fault {
  const from = reader.pos;
  const fault = skipParams(reader);
  if (fault !== undefined) return fault;
  const to = reader.pos;
  return Params.of(to === from ? '' : reader.text.slice(from, to), 'header');
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
      return reader.fault('TOO_MANY_PARAMS', 'too many parameters');
    }
    const at = skipSpaces(text, semicolon + 1, end);
    const nameEnd = skipToken(text, at, end);
    if (nameEnd === at) return reader.fault('BAD_PARAM', 'a parameter has no name');
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
  let at = skipSpaces(text, equals + 1, end);
  if (at >= end) return end;
  const code = text.charCodeAt(at);
  if (code === QUOTE) return endOfQuoted(text, at, end);
  if (code === BRACKET) {
    const close = text.indexOf(']', at);
    return close >= 0 && close < end ? close + 1 : -1;
  }
  while (at < end && isIn(text.charCodeAt(at), VALUE)) at++;
  return at;
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

/** Takes apart what `skipParams` or the reader of URIs has passed. */
function split(source: string, names: string[], raw: (string | undefined)[]): void {
  let at = 0;
  const { length } = source;
  while (at < length) {
    const end = endOfParam(source, at + 1);
    const equals = source.indexOf('=', at);
    if (equals < 0 || equals >= end) {
      names.push(trimmed(source, at + 1, end));
      raw.push(undefined);
    } else {
      names.push(trimmed(source, at + 1, equals));
      raw.push(trimmed(source, equals + 1, end));
    }
    at = end;
  }
}

function endOfParam(source: string, from: number): number {
  const semicolon = source.indexOf(';', from);
  const end = semicolon < 0 ? source.length : semicolon;
  const quoted = source.indexOf('"', from);
  if (quoted < 0 || quoted > end) return end;
  const reader = new Reader(source, '', quoted);
  reader.skipQuoted();
  while (!reader.atEnd && reader.code !== SEMICOLON) reader.pos++;
  return reader.pos;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function find(names: readonly string[], name: string): number {
  for (let i = 0; i < names.length; i++) if (names[i] === name) return i;
  const lower = name.toLowerCase();
  for (let i = 0; i < names.length; i++) {
    const other = names[i];
    if (other?.length === lower.length && other.toLowerCase() === lower) return i;
  }
  return -1;
}

function isHostLike(value: string): boolean {
  const inner = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  for (let i = 0; i < inner.length; i++) {
    const code = inner.charCodeAt(i);
    if (!isIn(code, HOST) && code !== 0x3a) return false;
  }
  return inner.length > 0;
}
