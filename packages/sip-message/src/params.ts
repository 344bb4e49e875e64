import { HOST, isAll, isIn, PARAM, TOKEN } from './characters.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { escape, unescape } from './percent.ts';
import { quote, type Reader, unquote } from './reader.ts';
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
  #names: string[] = [];
  #raw: (string | undefined)[] = [];
  #style: ParamStyle;
  #changed = false;

  /** Throws `BAD_NAME` and `HEADER_INJECTION` as `set` does. */
  constructor(
    entries: Iterable<readonly [string, (string | undefined)?]> = [],
    style: ParamStyle = 'header',
  ) {
    this.#style = style;
    for (const [name, value] of entries) this.set(name, value);
    this.#changed = false;
  }

  /** The value, `''` for a parameter without one, undefined where there is no such parameter. */
  get(name: string): string | undefined {
    const at = this.#find(name);
    return at < 0 ? undefined : (this.#value(at) ?? '');
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** Replaces or appends; without a value as a flag. Throws `BAD_NAME`, `HEADER_INJECTION`. */
  set(name: string, value?: string): this {
    if (!isAll(name, this.#style === 'uri' ? PARAM : TOKEN)) {
      throw new SipMessageError('BAD_NAME', 'a parameter name holds a character that it may not');
    }
    const at = this.#find(name);
    const index = at < 0 ? this.#names.length : at;
    this.#names[index] = at < 0 ? name : (this.#names[at] ?? name);
    this.#raw[index] = value === undefined ? undefined : this.#protect(value);
    this.#changed = true;
    return this;
  }

  /** Whether there was such a parameter. */
  delete(name: string): boolean {
    const at = this.#find(name);
    if (at < 0) return false;
    this.#names.splice(at, 1);
    this.#raw.splice(at, 1);
    this.#changed = true;
    return true;
  }

  get size(): number {
    return this.#names.length;
  }

  /** Whether `set` or `delete` was called since it was made: then the parsed text is out of date. */
  get changed(): boolean {
    return this.#changed;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string | undefined]> {
    for (let i = 0; i < this.#names.length; i++) yield [this.#names[i] ?? '', this.#value(i)];
  }

  clone(): Params {
    const copy = new Params([], this.#style);
    copy.#names = this.#names.slice();
    copy.#raw = this.#raw.slice();
    return copy;
  }

  /** With the leading semicolon: `;lr;maddr=192.0.2.1`, or `''`. */
  toString(): string {
    return this.#names.length === 0 ? '' : `;${this.join(';')}`;
  }

  /** All parameters with this between them. */
  join(separator: string): string {
    let text = '';
    for (let i = 0; i < this.#names.length; i++) {
      const raw = this.#raw[i];
      const name = this.#names[i] ?? '';
      text += `${i === 0 ? '' : separator}${raw === undefined ? name : `${name}=${raw}`}`;
    }
    return text;
  }

  /**
   * Adds what was read, as it stands.
   * @internal
   */
  addRaw(name: string, raw: string | undefined): void {
    this.#names.push(name);
    this.#raw.push(raw);
  }

  #value(at: number): string | undefined {
    const raw = this.#raw[at];
    if (raw === undefined) return undefined;
    if (this.#style === 'uri') return unescape(raw) ?? raw;
    return raw.charCodeAt(0) === QUOTE ? unquote(raw) : raw;
  }

  #find(name: string): number {
    const names = this.#names;
    for (let i = 0; i < names.length; i++) if (names[i] === name) return i;
    const lower = name.toLowerCase();
    for (let i = 0; i < names.length; i++) if (names[i]?.toLowerCase() === lower) return i;
    return -1;
  }

  #protect(value: string): string {
    if (this.#style === 'uri') return escape(value, PARAM);
    refuseInjection(value);
    return isAll(value, TOKEN) || isHostLike(value) ? value : quote(value);
  }
}

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
export function readParams(reader: Reader, limit = DEFAULT_LIMITS.params): Params | Fault {
  const params = new Params();
  while (reader.takeSeparator(SEMICOLON)) {
    if (params.size >= limit) return reader.fault('TOO_MANY_PARAMS', 'too many parameters');
    const at = reader.pos;
    const name = reader.token();
    if (name === '') return reader.fault('BAD_PARAM', 'a parameter has no name');
    if (params.has(name)) {
      return reader.fault('DUPLICATE_PARAM', 'a parameter occurs twice', at);
    }
    const raw = reader.takeSeparator(EQUALS) ? readValue(reader) : null;
    if (raw === undefined) return reader.fault('BAD_PARAM', 'a parameter has no readable value');
    params.addRaw(name, raw ?? undefined);
  }
  return params;
}

/** `gen-value`: token, host or quoted-string; an empty value is let pass, as phones send it. */
function readValue(reader: Reader): string | undefined {
  const code = reader.code;
  if (code === QUOTE) return reader.quotedString();
  const from = reader.pos;
  if (code === BRACKET) return readBracketed(reader);
  // A colon is no token, but `received=2001:db8::1` and `+sip.instance` variants occur.
  while (isValueCharacter(reader.code)) reader.pos++;
  return reader.text.slice(from, reader.pos);
}

function readBracketed(reader: Reader): string | undefined {
  const end = reader.text.indexOf(']', reader.pos);
  if (end < 0) return undefined;
  const raw = reader.text.slice(reader.pos, end + 1);
  reader.pos = end + 1;
  return raw;
}

function isValueCharacter(code: number): boolean {
  return isIn(code, TOKEN) || code === 0x3a || code === 0x2f || code === 0x40 || code === 0x3f;
}

function isHostLike(value: string): boolean {
  const inner = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  for (let i = 0; i < inner.length; i++) {
    const code = inner.charCodeAt(i);
    if (!isIn(code, HOST) && code !== 0x3a) return false;
  }
  return inner.length > 0;
}
