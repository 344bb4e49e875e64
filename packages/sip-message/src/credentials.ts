import { addBare, addQuoted, formatScheme, isDigest, readScheme } from './auth-params.ts';
import { Params } from './params.ts';
import { unescape } from './percent.ts';
import type { Reader } from './reader.ts';
import { Fault, SipMessageError } from './refusal.ts';

/** What Digest credentials are made of. */
export interface CredentialsInit {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Hexadecimal. */
  readonly response: string;
  readonly algorithm?: string | undefined;
  readonly cnonce?: string | undefined;
  /** The nonce count, 1 to 2^32 - 1. */
  readonly nc?: number | undefined;
  readonly qop?: string | undefined;
  readonly opaque?: string | undefined;
  /** `username` is that of `computeUserHash` (RFC 7616 §3.4.4). */
  readonly userhash?: boolean | undefined;
}

/** Authorization or Proxy-Authorization (RFC 3261 §20.7, RFC 7616 §3.4). */
export class Credentials {
  /** `Digest`; another scheme only where a peer sent it. */
  readonly scheme: string;
  /** Every parameter, known or not. */
  readonly params: Params;
  /** What follows a foreign scheme that has no parameters. */
  readonly token: string | undefined = undefined;

  /** Digest credentials. Throws `HEADER_INJECTION`, and `BAD_VALUE` for what cannot be sent. */
  constructor(init: CredentialsInit) {
    const params = new Params();
    addQuoted(params, 'username', init.username);
    addQuoted(params, 'realm', init.realm);
    addQuoted(params, 'nonce', init.nonce);
    addQuoted(params, 'uri', init.uri);
    addQuoted(params, 'response', init.response);
    addBare(params, 'algorithm', init.algorithm);
    addQuoted(params, 'cnonce', init.cnonce);
    addQuoted(params, 'opaque', init.opaque);
    addBare(params, 'qop', init.qop);
    addBare(params, 'nc', init.nc === undefined ? undefined : formatNonceCount(init.nc));
    addBare(params, 'userhash', init.userhash === undefined ? undefined : String(init.userhash));
    this.scheme = 'Digest';
    this.params = params;
  }

  /** The name, from `username*` where that was sent; its hash where `userhash` is set. */
  get username(): string {
    const extended = this.params.get('username*');
    const decoded = extended === undefined ? undefined : decodeExtended(extended);
    return decoded ?? this.params.get('username') ?? '';
  }

  /** Whether `username` is a hash (RFC 7616 §3.4.4). */
  get userhash(): boolean {
    return this.params.get('userhash')?.toLowerCase() === 'true';
  }

  get realm(): string {
    return this.params.get('realm') ?? '';
  }

  get nonce(): string {
    return this.params.get('nonce') ?? '';
  }

  /** The digest-uri as the client wrote it. */
  get uri(): string {
    return this.params.get('uri') ?? '';
  }

  get response(): string {
    return this.params.get('response') ?? '';
  }

  get algorithm(): string | undefined {
    return this.params.get('algorithm');
  }

  get cnonce(): string | undefined {
    return this.params.get('cnonce');
  }

  /** The nonce count; undefined where it is absent or not eight hexadecimal digits. */
  get nc(): number | undefined {
    const raw = this.params.get('nc');
    return raw === undefined ? undefined : parseNonceCount(raw);
  }

  /** In lower case. */
  get qop(): string | undefined {
    return this.params.get('qop')?.toLowerCase();
  }

  get opaque(): string | undefined {
    return this.params.get('opaque');
  }

  toString(): string {
    return formatScheme(this);
  }

  /**
   * Reads credentials.
   * @internal
   */
  static read(reader: Reader): Credentials | Fault {
    const read = readScheme(reader);
    if (read instanceof Fault) return read;
    if (isDigest(read.scheme)) {
      const fault = faultOf(read.params);
      if (fault !== undefined) return reader.fault('BAD_AUTH', fault);
    }
    const empty = { username: '', realm: '', nonce: '', uri: '', response: '' };
    return Object.assign(new Credentials(empty), read);
  }
}

const REQUIRED = ['realm', 'nonce', 'uri', 'response'];

/** The name is given once, plain or extended, and extended names are not hashed (RFC 7616 §3.4). */
function faultOf(params: Params): string | undefined {
  const absent = REQUIRED.find((name) => !params.has(name));
  if (absent !== undefined) return `Digest credentials need ${absent}`;
  const extended = params.get('username*');
  if (params.has('username') === (extended !== undefined)) {
    return 'Digest credentials need either username or username*';
  }
  if (extended === undefined || decodeExtended(extended) !== undefined) return undefined;
  return "username* is not UTF-8''name";
}

/** `ext-value` of RFC 5987 §3.2, of which only UTF-8 is used. */
function decodeExtended(value: string): string | undefined {
  const [charset, , ...rest] = value.split("'");
  if (charset?.toUpperCase() !== 'UTF-8' || rest.length !== 1) return undefined;
  return unescape(rest[0] ?? '');
}

/** The nonce count as eight hexadecimal digits. Throws `BAD_VALUE` beyond 0 to 2^32 - 1. */
export function formatNonceCount(count: number): string {
  if (!Number.isInteger(count) || count < 0 || count > 0xffff_ffff) {
    throw new SipMessageError('BAD_VALUE', 'a nonce count is not within 0 to 2^32 - 1');
  }
  return count.toString(16).padStart(8, '0');
}

function parseNonceCount(raw: string): number | undefined {
  if (raw.length !== 8) return undefined;
  for (const digit of raw.toLowerCase()) {
    if (!'0123456789abcdef'.includes(digit)) return undefined;
  }
  return Number.parseInt(raw, 16);
}
