import { isIn, TOKEN } from './characters.ts';
import { Params, readParams, refuseInjection } from './params.ts';
import { quote, Reader, unquote } from './reader.ts';
import { Fault, type Parsed, toParsed } from './refusal.ts';
import { readUri, type Uri } from './uri.ts';

const SECTION = 'RFC 3261 §20.10';
const QUOTE = 0x22;
const LESS = 0x3c;

/** A URI with a display name and parameters: From, To, Contact, Route … (RFC 3261 §20.10). */
export class NameAddr {
  /** Without quotes and escapes. */
  readonly displayName: string | undefined;
  readonly uri: Uri;
  /** The header parameters, those outside the angle brackets. */
  readonly params: Params;

  /** Throws `HEADER_INJECTION`, and what `Params` throws. */
  constructor(init: {
    displayName?: string | undefined;
    uri: Uri;
    params?: Iterable<readonly [string, (string | undefined)?]>;
  }) {
    if (init.displayName !== undefined) refuseInjection(init.displayName);
    this.displayName = init.displayName;
    this.uri = init.uri;
    this.params = init.params instanceof Params ? init.params.clone() : new Params(init.params);
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
    return `${name === undefined ? '' : `${quote(name)} `}<${this.uri}>${this.params}`;
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
 * Reads `( name-addr / addr-spec ) *( SEMI generic-param )`.
 * @internal
 */
export function readNameAddr(reader: Reader): NameAddr | Fault {
  const displayName = readDisplayName(reader);
  if (displayName instanceof Fault) return displayName;
  const from = reader.code === LESS ? reader.pos + 1 : reader.pos;
  const isBracketed = reader.code === LESS;
  if (!isBracketed && displayName !== undefined) {
    return reader.fault('BAD_ADDRESS', 'a display name is not followed by <');
  }
  const end = isBracketed ? reader.text.indexOf('>', from) : endOfBare(reader.text, from);
  if (end < 0) return reader.fault('BAD_ADDRESS', 'an address has no closing >');
  const uri = readUri(reader.text.slice(from, end));
  if (uri instanceof Fault) return uri.moved(from + uri.at);
  reader.pos = isBracketed ? end + 1 : end;
  const params = readParams(reader);
  if (params instanceof Fault) return params;
  return new NameAddr({ displayName, uri, params });
}

/** A quoted-string, or tokens up to `<`: `lwsdisp` of RFC 4475 has no space before it. */
function readDisplayName(reader: Reader): string | undefined | Fault {
  if (reader.code === QUOTE) {
    const raw = reader.quotedString();
    if (raw === undefined) return reader.fault('BAD_QUOTES', 'a quoted string does not end');
    reader.skipSpace();
    return unquote(raw);
  }
  const from = reader.pos;
  let at = from;
  while (isNameCharacter(reader.text.charCodeAt(at))) at++;
  if (reader.text.charCodeAt(at) !== LESS) return undefined;
  reader.pos = at;
  const name = reader.text.slice(from, at).trim();
  return name === '' ? undefined : name;
}

function isNameCharacter(code: number): boolean {
  return isIn(code, TOKEN) || code === 0x20 || code === 0x09;
}

/**
 * Where a URI without brackets ends: in this form `;` and `?` belong to the header, and a URI with
 * `?`, `,` or `;` in it needs brackets (RFC 3261 §20).
 */
function endOfBare(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x3b || code === 0x2c || code === 0x20 || code === 0x09) return i;
  }
  return text.length;
}
