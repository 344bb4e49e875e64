import { isIn, TOKEN } from './characters.ts';
import { refuseInjection } from './injection.ts';
import { Params, type ParamsSpan } from './params.ts';
import { passParams } from './read-params.ts';
import { isSpace, quote, Reader, unquote } from './reader.ts';
import { Fault, type Parsed, toParsed } from './refusal.ts';
import { readUri, type Uri } from './uri.ts';

const SECTION = 'RFC 3261 §20.10';
const QUOTE = 0x22;
const LESS = 0x3c;

/** A URI with a display name and parameters: From, To, Contact, Route … (RFC 3261 §20.10). */
export class NameAddr {
  readonly uri: Uri;
  /** Where name and parameters are, of one that was read. */
  private readonly spans: NameAddrSpans | undefined;
  /** Quoted; of one that was not read. */
  private readonly ownName: string | undefined;
  /** The parameters, once somebody has asked for them. */
  private made: Params | undefined;

  /**
   * Throws `HEADER_INJECTION` for CR or LF in the display name, and what `Params` throws. Who has read
   * it gives its URI alone and where the rest stands.
   */
  constructor(
    init: {
      displayName?: string | undefined;
      uri: Uri;
      params?: Iterable<readonly [string, (string | undefined)?]>;
    },
    spans?: NameAddrSpans,
  ) {
    const isRead = spans instanceof NameAddrSpans; // nobody else has that class
    this.uri = init.uri;
    this.spans = isRead ? spans : undefined;
    this.ownName = isRead ? undefined : quoted(init.displayName);
    this.made = isRead ? undefined : copyOf(init.params);
  }

  /** Without quotes and escapes. */
  get displayName(): string | undefined {
    const raw = this.spans === undefined ? this.ownName : rawName(this.spans);
    return raw?.charCodeAt(0) === QUOTE ? unquote(raw) : raw;
  }

  /** The header parameters, those outside the angle brackets. */
  get params(): Params {
    // who gave no spans has made them
    this.made ??= this.spans === undefined ? new Params() : Params.within(this.spans, 'header');
    return this.made;
  }

  /** The `tag` (RFC 3261 §19.3), undefined where there is none. */
  get tag(): string | undefined {
    return this.params.get('tag');
  }

  /** A copy with this tag, or without one. */
  withTag(tag: string | undefined): NameAddr {
    const copy = new NameAddr(this);
    if (tag === undefined) copy.params.delete('tag');
    else copy.params.set('tag', tag);
    return copy;
  }

  /** Always with angle brackets, so that URI and header parameters cannot be confused. */
  toString(): string {
    const name = this.displayName;
    const shown = name === undefined ? '' : `${quote(name)} `;
    return `${shown}<${this.uri}>${this.params}`;
  }

  /** Parses one value with nothing behind it. */
  static parse(text: string): Parsed<NameAddr> {
    const reader = new Reader(text, SECTION);
    reader.skipSpace();
    const result = readNameAddr(reader);
    if (result instanceof Fault) return toParsed<NameAddr>(result);
    reader.skipSpace();
    if (reader.atEnd) return { ok: true, value: result };
    return toParsed<NameAddr>(reader.fault('BAD_ADDRESS', 'something follows an address'));
  }
}

/**
 * Where the parts beside the URI are in the text that it was read from.
 * @internal
 */
export class NameAddrSpans implements ParamsSpan {
  readonly text: string;
  /** The name, quotes included; both are the same where there is none. */
  readonly nameFrom: number;
  nameEnd: number;
  paramsFrom: number;
  paramsEnd: number;

  constructor(text: string, nameFrom: number) {
    this.text = text;
    this.nameFrom = nameFrom;
    this.nameEnd = nameFrom;
    this.paramsFrom = 0;
    this.paramsEnd = 0;
  }
}

function rawName({ text, nameFrom, nameEnd }: NameAddrSpans): string | undefined {
  return nameFrom === nameEnd ? undefined : text.slice(nameFrom, nameEnd);
}

/** A NUL, which a peer can have quoted and which may be copied from there, becomes a space. */
function quoted(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  refuseInjection(name.replaceAll('\0', ' '));
  return quote(name);
}

/** The parameters of a value belong to it alone. */
export function copyOf(params?: Iterable<readonly [string, (string | undefined)?]>): Params {
  return params instanceof Params ? params.clone() : new Params(params);
}

/**
 * Reads `( name-addr / addr-spec ) *( SEMI generic-param )`.
 * @internal
 */
export function readNameAddr(reader: Reader): NameAddr | Fault {
  const spans = new NameAddrSpans(reader.text, reader.pos);
  const badName = passDisplayName(reader, spans);
  if (badName !== undefined) return badName;
  const isBracketed = reader.code === LESS;
  if (!isBracketed && spans.nameEnd > spans.nameFrom) {
    return reader.fault('BAD_ADDRESS', 'a display name is not followed by <');
  }
  const from = isBracketed ? reader.pos + 1 : reader.pos;
  const end = isBracketed ? endOfBracketed(reader, from) : endOfBare(reader, from);
  if (end < 0) return reader.fault('BAD_ADDRESS', 'a URI is not within < and >', from);
  const uri = readUri(reader.text, from, end);
  if (uri instanceof Fault) return uri;
  reader.pos = isBracketed ? end + 1 : end;
  const badParams = passParams(reader, spans);
  return badParams ?? new NameAddr({ uri }, spans);
}

/** A quoted-string, or tokens up to `<`: `lwsdisp` of RFC 4475 has no space before it. */
function passDisplayName(reader: Reader, spans: NameAddrSpans): Fault | undefined {
  const code = reader.code;
  if (code === LESS) return undefined;
  if (code === QUOTE) {
    if (!reader.skipQuoted()) return reader.fault('BAD_QUOTES', 'a quoted string does not end');
    spans.nameEnd = reader.pos;
    reader.skipSpace();
    return undefined;
  }
  const { text } = reader;
  let at = reader.pos;
  while (at < reader.end && isNameCharacter(text.charCodeAt(at))) at++;
  if (at >= reader.end || text.charCodeAt(at) !== LESS) return undefined;
  reader.pos = at;
  while (at > spans.nameFrom && isSpace(text.charCodeAt(at - 1))) at--;
  spans.nameEnd = at;
  return undefined;
}

function isNameCharacter(code: number): boolean {
  return isIn(code, TOKEN) || isSpace(code);
}

function endOfBracketed(reader: Reader, from: number): number {
  const end = reader.text.indexOf('>', from);
  return end < reader.end ? end : -1;
}

/**
 * Where a URI without brackets ends: in this form `;` and `,` belong to the header, and a URI with
 * `?` in it needs brackets (RFC 3261 §20); -1 for such a one.
 */
function endOfBare(reader: Reader, from: number): number {
  for (let i = from; i < reader.end; i++) {
    const code = reader.text.charCodeAt(i);
    if (code === 0x3f) return -1;
    if (code === 0x3b || code === 0x2c || isSpace(code)) return i;
  }
  return reader.end;
}
