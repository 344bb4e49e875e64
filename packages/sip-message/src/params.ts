import { HOST, isAll, isIn, PARAM, TOKEN } from './characters.ts';
import { refuseInjection } from './injection.ts';
import { escape, unescape } from './percent.ts';
import { isSpace, quote, unquote } from './reader.ts';
import { SipMessageError } from './refusal.ts';
import { splitParams } from './split-params.ts';

/** How values are protected: quoted in header parameters, percent-escaped in URI parameters. */
export type ParamStyle = 'header' | 'uri';

const QUOTE = 0x22;
const PERCENT = 0x25;
const LOWER_CASE = 0x20;

/**
 * Where parameters that were found to be well-formed are in a text: most of them nobody asks for, and
 * then none are made.
 * @internal
 */
export interface ParamsSpan {
  readonly text: string;
  readonly paramsFrom: number;
  readonly paramsEnd: number;
}

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
  /** Whether that is simple, once somebody has asked. */
  private simple: boolean | undefined;
  private names: string[] | undefined;
  private raw: (string | undefined)[] = NO_VALUES;

  /** Throws `BAD_NAME` and `HEADER_INJECTION` as `set` does. */
  constructor(
    entries: Iterable<readonly [string, (string | undefined)?]> = NO_ENTRIES,
    style: ParamStyle = 'header',
  ) {
    this.style = style;
    this.source = '';
    this.simple = undefined;
    if (entries === NO_ENTRIES) return;
    for (const [name, value] of entries) this.set(name, value);
    this.isChanged = false;
  }

  /** The value, `''` for a parameter without one, undefined where there is no such parameter. */
  get(name: string): string | undefined {
    if (this.isFoundInPlace()) return valueIn(this.source, name);
    const at = this.find(name);
    return at < 0 ? undefined : (this.value(at) ?? '');
  }

  has(name: string): boolean {
    if (this.isFoundInPlace()) return valueIn(this.source, name) !== undefined;
    return this.find(name) >= 0;
  }

  /** Replaces or appends; without a value as a flag. Throws `BAD_NAME`, `HEADER_INJECTION`. */
  set(name: string, value?: string): this {
    if (!isAll(name, this.style === 'uri' ? PARAM : TOKEN)) {
      throw new SipMessageError('BAD_NAME', 'a parameter name holds a character that it may not');
    }
    const raw = value === undefined ? undefined : this.protect(value);
    const at = this.find(name);
    if (at < 0) this.addRaw(name, raw);
    else this.raw[at] = raw;
    this.isChanged = true;
    return this;
  }

  /** Whether there was such a parameter. */
  delete(name: string): boolean {
    const names = this.list();
    const at = this.find(name);
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
    for (let i = 0; i < names.length; i++) yield [this.plainName(names[i] ?? ''), this.value(i)];
  }

  clone(): Params {
    const copy = new Params(NO_ENTRIES, this.style);
    copy.source = this.isChanged ? '' : this.source;
    copy.names = this.names?.slice();
    copy.raw = this.raw.slice();
    return copy;
  }

  /** With the leading semicolon: `;lr;maddr=192.0.2.1`, or `''`. */
  toString(): string {
    if (this.names === undefined || (this.source !== '' && !this.isChanged)) return this.source;
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
   * The same for those that stand at these positions of a text.
   * @internal
   */
  static within({ text, paramsFrom, paramsEnd }: ParamsSpan, style: ParamStyle): Params {
    return Params.of(paramsFrom === paramsEnd ? '' : text.slice(paramsFrom, paramsEnd), style);
  }

  /**
   * Adds what was read, as it stands.
   * @internal
   */
  addRaw(name: string, raw: string | undefined): void {
    const names = this.list();
    this.source = ''; // is no longer what it says
    names.push(name);
    this.raw.push(raw);
  }

  private isFoundInPlace(): boolean {
    if (this.names !== undefined) return false;
    this.simple ??= isSimple(this.source);
    return this.simple;
  }

  private list(): string[] {
    if (this.names !== undefined) return this.names;
    const names: string[] = [];
    this.names = names;
    this.raw = [];
    if (this.source !== '') splitParams(this.source, names, this.raw);
    return names;
  }

  /** In a URI a name may be escaped: `n%61me` is `name` (RFC 3261 §19.1.4). */
  private find(name: string): number {
    const isWhole = this.names === undefined && this.style === 'header';
    if (isWhole && !mayHold(this.source, name)) return -1;
    const names = this.list();
    const at = find(names, name);
    if (at >= 0 || this.style === 'header') return at;
    const lower = name.toLowerCase();
    return names.findIndex((each) => this.plainName(each).toLowerCase() === lower);
  }

  private plainName(name: string): string {
    return this.style === 'uri' ? (unescape(name) ?? name) : name;
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

/**
 * Whether nothing is quoted, escaped or spaced, as nearly always: then a parameter is found where it
 * stands, and the lists of all of them, some 400 bytes, are not made.
 */
function isSimple(source: string): boolean {
  for (let at = 0; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code <= 0x20 || code === QUOTE || code === PERCENT) return false;
  }
  return true;
}

/** The value of the first parameter of this name in a simple source. */
function valueIn(source: string, name: string): string | undefined {
  let from = 1;
  while (from < source.length) {
    const semicolon = source.indexOf(';', from);
    const end = semicolon < 0 ? source.length : semicolon;
    const equals = source.indexOf('=', from);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    if (nameEnd - from === name.length && isSameName(source, from, name)) {
      return nameEnd === end ? '' : source.slice(nameEnd + 1, end);
    }
    from = end + 1;
  }
  return undefined;
}

function isSameName(source: string, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if (source.charCodeAt(from + i) === name.charCodeAt(i)) continue;
    const part = source.slice(from, from + name.length);
    return part.toLowerCase() === name.toLowerCase();
  }
  return true;
}

/** Whether some parameter begins with the same letter: only then they have to be taken apart. */
function mayHold(source: string, name: string): boolean {
  const first = name.charCodeAt(0) | LOWER_CASE;
  for (let at = source.indexOf(';'); at >= 0; at = source.indexOf(';', at + 1)) {
    let letter = at + 1;
    while (isSpace(source.charCodeAt(letter))) letter++;
    if ((source.charCodeAt(letter) | LOWER_CASE) === first) return true;
  }
  return false;
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
