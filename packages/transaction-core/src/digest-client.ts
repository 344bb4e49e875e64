import type { Runtime } from '@strowger/runtime';
import {
  answerChallenge,
  Challenge,
  computeHa1,
  type Credentials,
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  digestAlgorithm,
  type SipRequest,
  type SipResponse,
  verifyServerProof,
} from '@strowger/sip-message';

/** Who we are in a realm: a password, or HA1 by algorithm; `undefined` where we are nobody. */
export type CredentialSource = (realm: string) =>
  | {
      readonly username: string;
      readonly password?: string;
      readonly ha1?: Partial<Record<DigestAlgorithm, string>>;
    }
  | undefined;

/** What the answer to our credentials says of its server, see `DigestClient.accept`. */
export type ServerStanding = 'proved' | 'unproved' | 'forged';

type Header = 'authorization' | 'proxy-authorization';

/** What is known of one realm, asked by one header. */
interface Realm {
  readonly header: Header;
  readonly challenge: Challenge;
  /** Requests to here are answered before they are asked: host of the Route, or of the URI. */
  readonly host: string;
  /** The strongest algorithm that the realm ever offered, as a rank. */
  readonly rank: number;
  /** How many challenges in a row called a fresh nonce stale. */
  readonly staleInARow: number;
  count: number;
}

const INFOS = [
  ['authentication-info', 'authorization'],
  ['proxy-authentication-info', 'proxy-authorization'],
] as const;

/** How often a nonce may be called stale the moment after it was given. */
const MAX_STALE_IN_A_ROW = 3;
const MAX_REALMS = 100;

/**
 * Answers challenges (RFC 3261 §22, RFC 7616, RFC 8760): the strongest algorithm that both sides
 * know, never a weaker one than the realm offered before, nonces reused with their counts.
 */
export class DigestClient {
  private readonly random: Runtime['random'];
  private readonly credentials: CredentialSource;
  private readonly realms = new Map<string, Realm>();

  constructor(options: { runtime: Pick<Runtime, 'random'>; credentials: CredentialSource }) {
    this.random = options.runtime.random;
    this.credentials = options.credentials;
  }

  /**
   * The request once more, with credentials for every realm that the 401 or 407 names: CSeq one
   * higher, no Via, all else the same (RFC 3261 §22.2). `undefined` when it makes no sense to try
   * again: we have no credentials or do not know the algorithm, they were refused, the realm now
   * offers less than before, or it finds every nonce stale.
   */
  authorize(request: SipRequest, response: SipResponse): SipRequest | undefined {
    const next = request.clone();
    next.headers.remove('via');
    const { number, method } = request.cseq;
    next.headers.set('CSeq', { number: number + 1, method });
    const answered = new Set<Realm>();
    for (const [header, challenges] of challengesIn(response)) {
      for (const realm of new Set(challenges.map((one) => one.realm))) {
        const offered = challenges.filter((one) => one.realm === realm);
        const known = this.learn(request, header, offered);
        if (known === undefined || !this.add(next, known)) return undefined;
        answered.add(known);
      }
    }
    if (answered.size === 0) return undefined;
    this.countOn(next, answered);
    return next;
  }

  /**
   * The request with credentials for the realms that would ask for them, from nonces known already
   * (RFC 7616 §3.6); the request itself where none is known. CSeq stays.
   */
  prepare(request: SipRequest): SipRequest {
    const host = hostOf(request);
    let next: SipRequest | undefined;
    for (const realm of this.realms.values()) {
      // without qop nothing tells two uses of a nonce apart: such a server has to ask each time
      if (realm.host !== host || realm.challenge.qop === undefined) continue;
      next ??= request.clone();
      this.add(next, realm);
    }
    return next ?? request;
  }

  /**
   * Reads what the answer to a request of ours says of its server (Authentication-Info and
   * Proxy-Authentication-Info, RFC 7616 §3.5, RFC 7615), where the request had credentials for one
   * realm, as the header names none: takes over the nonce for the next request, the algorithm stays;
   * and checks whether the server knows the password too.
   *
   * @returns `proved` where it does, `unproved` where it does not say so, as most do not. `forged`
   * where what it says is wrong: then nothing of it is taken, and the realm gets no credentials again
   * before it asks.
   */
  accept(request: SipRequest, response: SipResponse): ServerStanding {
    let standing: ServerStanding = 'unproved';
    for (const [info, header] of INFOS) {
      const said = response.headers.get(info);
      const used = request.headers.get(header);
      const [only] = used ?? [];
      if (said === undefined || only === undefined || used?.length !== 1) continue;
      const key = `${header} ${only.realm}`;
      const rspauth = said.get('rspauth');
      if (rspauth !== undefined) {
        const isRight = this.isProof(rspauth, only, response.body);
        if (!isRight) this.realms.delete(key);
        if (!isRight) return 'forged';
        standing = 'proved';
      }
      const nonce = said.get('nextnonce');
      if (nonce !== undefined && nonce !== '') this.renew(key, only.nonce, nonce);
    }
    return standing;
  }

  private renew(key: string, used: string, nonce: string): void {
    const known = this.realms.get(key);
    if (known === undefined || known.challenge.nonce !== used) return;
    const { realm, algorithm, qop, opaque, userhash } = known.challenge;
    const challenge = new Challenge({ realm, nonce, algorithm, qop, opaque, userhash });
    this.realms.set(key, { ...known, challenge, count: 0 });
  }

  private isProof(rspauth: string, credentials: Credentials, body: Uint8Array): boolean {
    const { realm } = credentials;
    const who = this.credentials(realm);
    const algorithm = digestAlgorithm(credentials.algorithm);
    if (who === undefined || algorithm === undefined) return false;
    const { username, password = '' } = who;
    const stored = ha1Of(who.ha1, algorithm);
    const ha1 = stored === '' ? computeHa1(algorithm, { username, realm, password }) : stored;
    return verifyServerProof(rspauth, credentials, { ha1, body });
  }

  /** Realms further up the path have seen their nonce count: each use has its own (RFC 7616 §3.4). */
  private countOn(request: SipRequest, answered: ReadonlySet<Realm>): void {
    for (const realm of this.realms.values()) {
      const { header, challenge } = realm;
      const isUsed = credentialsOf(request, header, challenge.realm) !== undefined;
      if (isUsed && !answered.has(realm)) this.add(request, realm);
    }
  }

  /** Judges what one realm offers and remembers the best of it. */
  private learn(
    request: SipRequest,
    header: Header,
    offered: readonly Challenge[],
  ): Realm | undefined {
    const [best] = offered
      .filter((one) => this.canAnswer(one))
      .toSorted((a, b) => rankOf(b) - rankOf(a));
    if (best === undefined) return undefined;
    const key = `${header} ${best.realm}`;
    const before = this.realms.get(key);
    // a man in the middle could have taken the stronger challenge away (RFC 8760 §2.4)
    if (before !== undefined && rankOf(best) < before.rank) return undefined;
    const used = credentialsOf(request, header, best.realm);
    const staleInARow = used?.nc === 1 && best.stale === true ? (before?.staleInARow ?? 0) + 1 : 0;
    if (staleInARow > MAX_STALE_IN_A_ROW || isRefusal(best, used)) return undefined;
    const rank = rankOf(best);
    const realm = { header, challenge: best, host: hostOf(request), rank, staleInARow, count: 0 };
    this.realms.delete(key);
    this.realms.set(key, realm);
    const [oldest] = this.realms.keys();
    if (this.realms.size > MAX_REALMS && oldest !== undefined) this.realms.delete(oldest);
    return realm;
  }

  private canAnswer(challenge: Challenge): boolean {
    const algorithm = digestAlgorithm(challenge.algorithm);
    if (challenge.scheme.toLowerCase() !== 'digest' || algorithm === undefined) return false;
    const who = this.credentials(challenge.realm);
    return who !== undefined && (who.password !== undefined || ha1Of(who.ha1, algorithm) !== '');
  }

  private add(request: SipRequest, realm: Realm): boolean {
    const { challenge, header } = realm;
    const who = this.credentials(challenge.realm);
    if (who === undefined) return false;
    const ha1 = ha1Of(who.ha1, digestAlgorithm(challenge.algorithm));
    const { method, uri, body } = request;
    const { username, password = '' } = who;
    realm.count++;
    const cnonce = this.random.token();
    const input = { username, method, uri, body, cnonce, nonceCount: realm.count };
    const answer = answerChallenge(
      challenge,
      ha1 === '' ? { ...input, password } : { ...input, ha1 },
    );
    if (!answer.ok) return false;
    const known = request.headers.get(header) ?? [];
    const at = known.findIndex((one) => one.realm === challenge.realm);
    request.headers.set(
      header === 'authorization' ? 'Authorization' : 'Proxy-Authorization',
      at < 0 ? [...known, answer.value] : known.with(at, answer.value),
    );
    return true;
  }
}

/**
 * Whether a challenge says no for good: the credentials in the request were made for this very
 * nonce, or for one that had just been given, and staleness is not the reason.
 */
function isRefusal(challenge: Challenge, used: Credentials | undefined): boolean {
  if (used === undefined || challenge.stale === true) return false;
  return used.nonce === challenge.nonce || used.nc === undefined || used.nc === 1;
}

function challengesIn(response: SipResponse): [Header, Challenge[]][] {
  // a forking proxy may have gathered both kinds in one response (RFC 3261 §16.7)
  return [
    ['authorization', response.headers.get('www-authenticate') ?? []],
    ['proxy-authorization', response.headers.get('proxy-authenticate') ?? []],
  ];
}

function credentialsOf(
  request: SipRequest,
  header: Header,
  realm: string,
): Credentials | undefined {
  return request.headers.get(header)?.find((one) => one.realm === realm);
}

function hostOf(request: SipRequest): string {
  const next = request.headers.get('route')?.[0]?.uri ?? request.uri;
  return 'host' in next ? next.host : next.toString();
}

/** Strength of what a challenge asks for: the place of its algorithm among all, weakest first. */
function rankOf({ algorithm }: Challenge): number {
  const known = digestAlgorithm(algorithm);
  return known === undefined ? -1 : Math.floor(DIGEST_ALGORITHMS.indexOf(known) / 2);
}

/** HA1 is the same for an algorithm and its `-sess` variant; empty where there is none. */
function ha1Of(
  set: Partial<Record<DigestAlgorithm, string>> | undefined,
  algorithm: DigestAlgorithm | undefined,
): string {
  if (set === undefined || algorithm === undefined) return '';
  const plain = DIGEST_ALGORITHMS.find((one) => `${one}-sess` === algorithm);
  return set[algorithm] ?? (plain === undefined ? undefined : set[plain]) ?? '';
}
