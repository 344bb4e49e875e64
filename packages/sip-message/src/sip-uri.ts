import { HEADER, PARAM, PASSWORD, USER, decimal, isAll } from './characters.ts';
import { formatHost, isHost, parseHostPort } from './host-port.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { canonical, escape, unescape } from './percent.ts';
import { Params } from './params.ts';
import { Fault, SipMessageError } from './refusal.ts';
import { areEqual } from './uri-equality.ts';
import type { Uri } from './uri.ts';

const SECTION = 'RFC 3261 §19.1.1';

/** What a `SipUri` is made of. */
export interface SipUriInit {
  readonly scheme?: 'sip' | 'sips';
  /** Without escapes. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params?: Iterable<readonly [string, (string | undefined)?]>;
  /** The headers behind the `?`, without escapes. */
  readonly headers?: readonly (readonly [string, string])[];
}

/** A SIP or SIPS URI (RFC 3261 §19.1). What was parsed is printed as it came. */
export class SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Without escapes; a telephone number may hold `;` (RFC 3261 §19.1.6). */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** In lower case; IPv6 without brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  readonly headers: readonly (readonly [string, string])[];
  #source: string | undefined;

  /** Throws `BAD_URI` where host or port cannot be written. */
  constructor(init: SipUriInit) {
    if (!isHost(init.host)) throw new SipMessageError('BAD_URI', 'the host of a URI is malformed');
    if (init.port !== undefined && !(Number.isInteger(init.port) && isPort(init.port))) {
      throw new SipMessageError('BAD_URI', 'the port of a URI is not within 0 to 65535');
    }
    this.scheme = init.scheme ?? 'sip';
    this.user = init.user;
    this.password = init.password;
    this.host = init.host.toLowerCase();
    this.port = init.port;
    this.params = uriParams(init.params);
    this.headers = init.headers ?? [];
  }

  /** A copy with some parts replaced; `undefined` removes a part that may be absent. */
  with(changes: Partial<SipUriInit>): SipUri {
    return new SipUri({
      scheme: this.scheme,
      user: this.user,
      password: this.password,
      host: this.host,
      port: this.port,
      params: this.params,
      headers: this.headers,
      ...changes,
    });
  }

  /** Equality of RFC 3261 §19.1.4. */
  equals(other: Uri): boolean {
    return areEqual(this, other);
  }

  /** User and password in one spelling, the part of equality that respects case. */
  get canonicalUserinfo(): string | undefined {
    const source = this.#source;
    if (source !== undefined) {
      const at = source.indexOf('@');
      return at < 0 ? undefined : canonical(source.slice(source.indexOf(':') + 1, at));
    }
    const userinfo = this.#userinfo();
    return userinfo === '' ? undefined : canonical(userinfo.slice(0, -1));
  }

  toString(): string {
    if (this.#source !== undefined && !this.params.changed) return this.#source;
    const port = this.port === undefined ? '' : `:${this.port}`;
    const address = `${this.#userinfo()}${formatHost(this.host)}${port}`;
    return `${this.scheme}:${address}${this.params}${formatHeaders(this.headers)}`;
  }

  #userinfo(): string {
    if (this.user === undefined) return '';
    const user = escape(this.user, USER);
    return this.password === undefined ? `${user}@` : `${user}:${escape(this.password, PASSWORD)}@`;
  }

  /**
   * Reads what follows `sip:` or `sips:`.
   * @internal
   */
  static read(text: string, scheme: 'sip' | 'sips'): SipUri | Fault {
    const start = scheme.length + 1;
    const sign = text.indexOf('@', start);
    const userinfo = sign < 0 ? undefined : readUserinfo(text, start, sign);
    if (userinfo instanceof Fault) return userinfo;
    const from = sign < 0 ? start : sign + 1;
    const question = text.indexOf('?', from);
    const end = question < 0 ? text.length : question;
    const semicolon = text.indexOf(';', from);
    const hostEnd = semicolon < 0 || semicolon > end ? end : semicolon;
    const address = readAddress(text, from, hostEnd);
    if (address instanceof Fault) return address;
    const params = readUriParams(text, hostEnd, end);
    if (params instanceof Fault) return params;
    const headers = question < 0 ? [] : readHeaders(text, question);
    if (headers instanceof Fault) return headers;
    const uri = new SipUri({ scheme, ...userinfo, ...address, headers });
    // The parameters as they stand; the constructor would respell them.
    Object.defineProperty(uri, 'params', { value: params, enumerable: true });
    uri.#source = text;
    return uri;
  }
}

function isPort(port: number): boolean {
  return port >= 0 && port <= 65_535;
}

function uriParams(params: Iterable<readonly [string, (string | undefined)?]> | undefined): Params {
  return new Params(params ?? [], 'uri');
}

function formatHeaders(headers: readonly (readonly [string, string])[]): string {
  const pairs = headers.map(([name, value]) => `${escape(name, HEADER)}=${escape(value, HEADER)}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function readUserinfo(
  text: string,
  from: number,
  to: number,
): { user: string; password?: string } | Fault {
  const colon = text.indexOf(':', from);
  const userEnd = colon < 0 || colon > to ? to : colon;
  const user = readEscaped(text.slice(from, userEnd), USER, from);
  if (user instanceof Fault) return user;
  if (user === '') return new Fault('BAD_URI', from, SECTION, 'the user of a URI is empty');
  if (userEnd === to) return { user };
  const password = readEscaped(text.slice(userEnd + 1, to), PASSWORD, userEnd + 1);
  return password instanceof Fault ? password : { user, password };
}

function readAddress(
  text: string,
  from: number,
  to: number,
): { host: string; port: number | undefined } | Fault {
  const raw = text.slice(from, to);
  const address = raw.includes(' ') ? undefined : parseHostPort(raw);
  return address ?? new Fault('BAD_URI', from, SECTION, 'the host or port of a URI is malformed');
}

function readUriParams(text: string, from: number, to: number): Params | Fault {
  const params = new Params([], 'uri');
  let at = from;
  while (at < to) {
    const next = text.indexOf(';', at + 1);
    const end = next < 0 || next > to ? to : next;
    const equals = text.indexOf('=', at);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    const name = text.slice(at + 1, nameEnd);
    const raw = nameEnd === end ? undefined : text.slice(nameEnd + 1, end);
    const fault = checkParam(params, name, raw, at + 1);
    if (fault !== undefined) return fault;
    params.addRaw(name, raw);
    at = end;
  }
  return params;
}

function checkParam(
  params: Params,
  name: string,
  raw: string | undefined,
  at: number,
): Fault | undefined {
  if (params.size >= DEFAULT_LIMITS.params) {
    return new Fault('TOO_MANY_PARAMS', at, SECTION, 'a URI has too many parameters');
  }
  const isReadable =
    name !== '' &&
    !(readEscaped(name, PARAM, at) instanceof Fault) &&
    !(readEscaped(raw ?? '', PARAM, at) instanceof Fault);
  if (!isReadable) return new Fault('BAD_URI', at, SECTION, 'a parameter of a URI is malformed');
  if (!params.has(name)) return undefined;
  return new Fault('DUPLICATE_PARAM', at, SECTION, 'a parameter of a URI occurs twice');
}

function readHeaders(text: string, question: number): [string, string][] | Fault {
  const headers: [string, string][] = [];
  let at = question + 1;
  while (at <= text.length) {
    const next = text.indexOf('&', at);
    const end = next < 0 ? text.length : next;
    const equals = text.indexOf('=', at);
    if (equals < 0 || equals >= end || equals === at || headers.length >= DEFAULT_LIMITS.params) {
      return new Fault('BAD_URI', at, SECTION, 'a header in a URI is malformed');
    }
    const name = readEscaped(text.slice(at, equals), HEADER, at);
    const value = readEscaped(text.slice(equals + 1, end), HEADER, equals + 1);
    if (name instanceof Fault) return name;
    if (value instanceof Fault) return value;
    headers.push([name, value]);
    at = end + 1;
  }
  return headers;
}

/** Text of one class with escapes, unescaped once. */
function readEscaped(text: string, bit: number, at: number): string | Fault {
  if (text === '' || isAll(text, bit)) return text;
  const plain = unescape(text);
  if (plain !== undefined && isAll(text.replaceAll('%', ''), bit)) return plain;
  if (plain !== undefined && plain === '') return plain;
  return new Fault('BAD_URI', at, SECTION, 'a URI holds a character that has to be escaped');
}

/** The port as a number, or -1. */
export function readPort(text: string): number {
  return decimal(text, 65_535);
}
