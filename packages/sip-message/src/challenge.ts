import { addBare, addQuoted, formatScheme, isDigest, readScheme } from './auth-params.ts';
import { Params } from './params.ts';
import type { Reader } from './reader.ts';
import { Fault } from './refusal.ts';

/** What a Digest challenge is made of. */
export interface ChallengeInit {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string | undefined;
  /** As it is sent; MD5 where it is absent (RFC 7616 §3.3). */
  readonly algorithm?: string | undefined;
  readonly qop?: readonly string[] | undefined;
  /** The nonce was too old, the password may have been right. */
  readonly stale?: boolean | undefined;
  readonly domain?: string | undefined;
  /** The client may send `computeUserHash` in place of the name (RFC 7616 §3.4.4). */
  readonly userhash?: boolean | undefined;
}

/** One value of WWW-Authenticate or Proxy-Authenticate (RFC 3261 §20.44, RFC 7616 §3.3). */
export class Challenge {
  /** `Digest`; another scheme only where a peer sent it. */
  readonly scheme: string;
  /** Every parameter, known or not. */
  readonly params: Params;
  /** What follows a foreign scheme that has no parameters. */
  readonly token: string | undefined = undefined;

  /** A Digest challenge. Throws `HEADER_INJECTION`, `BAD_VALUE` for an algorithm that is no token. */
  constructor(init: ChallengeInit) {
    const params = new Params();
    addQuoted(params, 'realm', init.realm);
    addQuoted(params, 'nonce', init.nonce);
    addQuoted(params, 'opaque', init.opaque);
    addQuoted(params, 'domain', init.domain);
    addBare(params, 'algorithm', init.algorithm);
    addBare(params, 'stale', init.stale === undefined ? undefined : String(init.stale));
    addQuoted(params, 'qop', init.qop?.join(','));
    addBare(params, 'userhash', init.userhash === undefined ? undefined : String(init.userhash));
    this.scheme = 'Digest';
    this.params = params;
  }

  get realm(): string {
    return this.params.get('realm') ?? '';
  }

  get nonce(): string {
    return this.params.get('nonce') ?? '';
  }

  get opaque(): string | undefined {
    return this.params.get('opaque');
  }

  get algorithm(): string | undefined {
    return this.params.get('algorithm');
  }

  get domain(): string | undefined {
    return this.params.get('domain');
  }

  /** What is offered, in lower case; undefined for a server of RFC 2069. */
  get qop(): string[] | undefined {
    const offered = this.params.get('qop')?.toLowerCase().split(',');
    return offered?.map((name) => name.trim()).filter((name) => name !== '');
  }

  get stale(): boolean | undefined {
    const value = this.params.get('stale');
    return value === undefined ? undefined : value.toLowerCase() === 'true';
  }

  /** Whether the server understands a hashed user name. */
  get userhash(): boolean {
    return this.params.get('userhash')?.toLowerCase() === 'true';
  }

  toString(): string {
    return formatScheme(this);
  }

  /**
   * Reads one challenge.
   * @internal
   */
  static read(reader: Reader): Challenge | Fault {
    const read = readScheme(reader);
    if (read instanceof Fault) return read;
    const isWhole = read.params.has('realm') && read.params.has('nonce');
    if (isDigest(read.scheme) && !isWhole) {
      return reader.fault('BAD_AUTH', 'a Digest challenge needs realm and nonce');
    }
    return Object.assign(new Challenge({ realm: '', nonce: '' }), read);
  }
}
