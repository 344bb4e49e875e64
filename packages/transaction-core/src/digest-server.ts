import type { Runtime } from '@strowger/runtime';
import {
  Challenge,
  computeHa1,
  computeServerProof,
  createResponse,
  type Credentials,
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  digestAlgorithm,
  parseUri,
  type SipRequest,
  type SipResponse,
  verifyCredentials,
} from '@strowger/sip-message';
import { DigestNonces } from './digest-nonce.ts';

/** What a server keeps of a user instead of a password: HA1 by algorithm (`computeHa1`). */
export type Ha1Set = Partial<Record<DigestAlgorithm, string>>;

/** What a `DigestServer` is made of. */
export interface DigestServerOptions {
  readonly runtime: Pick<Runtime, 'clock' | 'random'>;
  readonly realm: string;
  /** What is offered, best first, each in a header of its own (RFC 8760 §2.3); default MD5 alone. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** Default `auth`. With `auth-int` alone the body is protected too. */
  readonly qop?: readonly ('auth' | 'auth-int')[];
  /** How long a nonce is good, in milliseconds; default 300 000. */
  readonly nonceLifetimeMs?: number;
  /** How many used nonces are remembered at most; default 100 000. */
  readonly maxNonces?: number;
}

/**
 * What a request proved. `missing`: no credentials for our realm; `stale`: right, but the nonce is
 * old: challenge again with `stale`; `replayed`: the nonce count was used before; `malformed`: not
 * what RFC 7616 §3.4 asks for, or for another URI (answer 400 or challenge again).
 */
export type DigestVerdict =
  | { readonly outcome: 'ok'; readonly username: string }
  | { readonly outcome: 'missing' | 'stale' | 'wrong' | 'replayed' | 'malformed' };

/** Who a name belongs to; `undefined` for nobody. */
export type Ha1Lookup = (username: string) => Ha1Set | undefined | Promise<Ha1Set | undefined>;

/**
 * Challenges requests and judges the answers (RFC 3261 §22, RFC 7616, RFC 8760). An unknown user
 * costs the same work and gives the same answer as a wrong password.
 */
export class DigestServer {
  readonly realm: string;
  private readonly algorithms: readonly DigestAlgorithm[];
  private readonly qop: readonly string[];
  private readonly nonces: DigestNonces;
  /** What a verdict was found with, for as long as somebody holds it. */
  private readonly proofs = new WeakMap<DigestVerdict, Proof>();
  /** The HA1 of nobody: what an unknown user's answer is compared with. */
  private readonly nobody: string;

  constructor(options: DigestServerOptions) {
    const { runtime, realm, nonceLifetimeMs = 300_000, maxNonces = 100_000 } = options;
    this.realm = realm;
    this.algorithms = options.algorithms ?? ['MD5'];
    this.qop = options.qop ?? ['auth'];
    this.nonces = new DigestNonces({ runtime, lifetimeMs: nonceLifetimeMs, maxUsed: maxNonces });
    this.nobody = runtime.random.token(160);
  }

  /** How many used nonces are remembered. */
  counts(): { nonces: number } {
    return { nonces: this.nonces.size };
  }

  /** The challenge to a request: 401 as its destination, 407 as a proxy (RFC 3261 §22.1). */
  challenge(
    kind: 401 | 407,
    request: SipRequest,
    options: {
      stale?: boolean;
      algorithms?: readonly DigestAlgorithm[];
      /** Where it is sent, for `answersUs`. */
      client?: string;
    } = {},
  ): SipResponse {
    const name = kind === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const nonce = this.nonces.issue(options.client);
    const { realm, qop } = this;
    const stale = options.stale === true ? true : undefined;
    const headers = (options.algorithms ?? this.algorithms).map(
      (algorithm): [string, Challenge] => [
        name,
        new Challenge({ realm, nonce, algorithm, qop, stale }),
      ],
    );
    return createResponse(request, kind, { headers });
  }

  /** The credentials of a request that `verify` judges: the first Digest ones for our realm. */
  credentials(request: SipRequest, kind: 401 | 407): Credentials | undefined {
    const all = request.headers.get(headerOf(kind)) ?? [];
    return all.find(({ scheme, realm }) => isDigest(scheme) && realm === this.realm);
  }

  /**
   * Whether the credentials answer a challenge that was sent to this client: then it is where it
   * says, whoever it is. What anybody could have sent in its name does not.
   */
  answersUs(request: SipRequest, kind: 401 | 407, client: string): boolean {
    const credentials = this.credentials(request, kind);
    return credentials !== undefined && this.nonces.isFor(credentials.nonce, client);
  }

  /** Whether the nonce of the credentials is ours, whoever it was sent to, and however long ago. */
  isOurs(request: SipRequest, kind: 401 | 407): boolean {
    const credentials = this.credentials(request, kind);
    return credentials !== undefined && this.nonces.isOurs(credentials.nonce);
  }

  /** Judges the credentials of a request; never rejects unless `lookup` does. */
  async verify(
    request: SipRequest,
    kind: 401 | 407,
    lookup: Ha1Lookup,
    options: { algorithms?: readonly DigestAlgorithm[] } = {},
  ): Promise<DigestVerdict> {
    const compared = await this.compare(request, kind, lookup, options);
    return typeof compared === 'string' ? { outcome: compared } : this.judge(compared, kind);
  }

  /** Whether the digest is right, however old its nonce and wherever it was sent; uses up no count. */
  async isRight(
    request: SipRequest,
    kind: 401 | 407,
    lookup: Ha1Lookup,
    options: { algorithms?: readonly DigestAlgorithm[] } = {},
  ): Promise<boolean> {
    return typeof (await this.compare(request, kind, lookup, options)) !== 'string';
  }

  /**
   * Puts into the answer to a request that we know the password too, and the next nonce where the one
   * that was used has lived for half of its time: Authentication-Info, as a proxy
   * Proxy-Authentication-Info (RFC 7616 §3.5, RFC 7615). To be called when the body is complete, which
   * `auth-int` covers. Nothing is put in for clients of RFC 2069, to which it says nothing, and
   * without a verdict `ok` of this server.
   *
   * @param client where the request came from, for `answersUs`.
   */
  confirm(verdict: DigestVerdict, response: SipResponse, client?: string): void {
    for (const [name, value] of this.confirmation(verdict, { body: response.body, client })) {
      response.headers.set(name, value);
    }
  }

  /**
   * What `confirm` puts into an answer, for one that somebody else builds; nothing where it puts none.
   * The body matters to `auth-int` alone.
   */
  confirmation(
    verdict: DigestVerdict,
    { body = NO_BODY, client }: { body?: Uint8Array; client?: string | undefined } = {},
  ): readonly (readonly [string, string])[] {
    const proof = this.proofs.get(verdict);
    if (proof === undefined) return [];
    const { credentials, ha1, kind } = proof;
    const { qop, cnonce, params, nonce } = credentials;
    const rspauth = computeServerProof(credentials, { ha1, body });
    if (rspauth === undefined || cnonce === undefined) return [];
    const fields = [`qop=${qop}`, `rspauth="${rspauth}"`, `cnonce="${escaped(cnonce)}"`];
    fields.push(`nc=${params.get('nc')}`);
    if (this.nonces.isAging(nonce)) fields.push(`nextnonce="${this.nonces.issue(client)}"`);
    const name = kind === 401 ? 'Authentication-Info' : 'Proxy-Authentication-Info';
    return [[name, fields.join(', ')]];
  }

  /** The credentials where their digest is right, else what is wrong with them. */
  private async compare(
    request: SipRequest,
    kind: 401 | 407,
    lookup: Ha1Lookup,
    options: { algorithms?: readonly DigestAlgorithm[] },
  ): Promise<Proved | 'missing' | 'malformed' | 'wrong'> {
    const credentials = this.credentials(request, kind);
    if (credentials === undefined) {
      const name = headerOf(kind);
      const isOdd = request.headers.has(name) && request.headers.get(name) === undefined;
      return isOdd ? 'malformed' : 'missing';
    }
    const algorithm = digestAlgorithm(credentials.algorithm);
    const isOffered = (options.algorithms ?? this.algorithms).some((one) => one === algorithm);
    if (algorithm === undefined || !isOffered || !this.isWellFormed(credentials, request)) {
      return 'malformed';
    }
    const nobody = this.stranger(algorithm); // for everybody: an unknown user costs what others do
    const ha1 = ha1For(await lookup(credentials.username), algorithm);
    const { method, body } = request;
    const isRight = verifyCredentials(credentials, { ha1: ha1 ?? nobody, method, body });
    return isRight && ha1 !== undefined ? { credentials, ha1 } : 'wrong';
  }

  /** The nonce is looked at only after the digest: a count that was not proved uses nothing up. */
  private judge({ credentials, ha1 }: Proved, kind: 401 | 407): DigestVerdict {
    // without qop no count is part of the digest: anybody could have written one beside it
    const count = credentials.qop === undefined ? undefined : credentials.nc;
    switch (this.nonces.use(credentials.nonce, count)) {
      case 'fresh':
        return this.proved({ credentials, ha1, kind });
      case 'replayed':
        return { outcome: 'replayed' };
      case 'expired':
      case 'foreign': // ours from before a restart, as far as we can tell: the digest is right
        return { outcome: 'stale' };
    }
  }

  private proved(proof: Proof): DigestVerdict {
    const verdict: DigestVerdict = { outcome: 'ok', username: proof.credentials.username };
    this.proofs.set(verdict, proof);
    return verdict;
  }

  private isWellFormed(credentials: Credentials, request: SipRequest): boolean {
    const { qop, nc, cnonce } = credentials;
    // without qop it is a client of RFC 2069: RFC 3261 §22.4 lets it pass where auth would do
    const isQopRight =
      qop === undefined
        ? this.qop.includes('auth')
        : this.qop.includes(qop) && cnonce !== undefined && nc !== undefined && nc > 0;
    return isQopRight && isSameResource(credentials.uri, request);
  }

  private stranger(algorithm: DigestAlgorithm): string {
    const { realm, nobody } = this;
    return computeHa1(algorithm, { username: nobody, realm, password: nobody });
  }
}

/**
 * Whether the digest was made for this request's URI. Phones leave URI parameters out of one or the
 * other, so these are not compared (RFC 7616 §3.4.6 leaves equivalence to the server); some name
 * the host alone, without the user, which RFC 3261 §22.4 lets a server accept.
 */
function isSameResource(digestUri: string, { uri }: SipRequest): boolean {
  if (digestUri === uri.toString()) return true;
  const parsed = parseUri(digestUri);
  if (!parsed.ok || !('host' in parsed.value) || !('host' in uri)) return false;
  const { scheme, user, host, port } = parsed.value;
  return (
    scheme === uri.scheme &&
    (user === undefined || user === uri.user) &&
    host === uri.host &&
    (port ?? 5060) === (uri.port ?? 5060)
  );
}

const NO_BODY = new Uint8Array();

/** Credentials whose digest is right, and what it was compared with. */
interface Proved {
  readonly credentials: Credentials;
  readonly ha1: string;
}

interface Proof extends Proved {
  readonly kind: 401 | 407;
}

/** As the inside of a quoted string (RFC 3261 §25.1). */
function escaped(text: string): string {
  return text.replaceAll(/["\\]/g, (character) => `\\${character}`);
}

/** HA1 is the same for an algorithm and its `-sess` variant (RFC 7616 §3.4.2). */
function ha1For(set: Ha1Set | undefined, algorithm: DigestAlgorithm): string | undefined {
  const plain = DIGEST_ALGORITHMS.find((one) => `${one}-sess` === algorithm);
  return set?.[algorithm] ?? (plain === undefined ? undefined : set?.[plain]);
}

function headerOf(kind: 401 | 407): 'authorization' | 'proxy-authorization' {
  return kind === 401 ? 'authorization' : 'proxy-authorization';
}

function isDigest(scheme: string): boolean {
  return scheme.toLowerCase() === 'digest';
}
