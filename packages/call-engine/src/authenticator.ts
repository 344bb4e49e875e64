import type { HeaderFields } from '@strowger/dialog-core';
import type { Runtime } from '@strowger/runtime';
import {
  createResponse,
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  type SipRequest,
  type SipResponse,
} from '@strowger/sip-message';
import { DigestServer, type Hop, type Inbound, isReliable } from '@strowger/transaction-core';
import type { CredentialEntry, CredentialStore, Ha1Set } from './credential-store.ts';
import type { FailureLimits } from './failure-table.ts';
import { type Claim, GuessLimits } from './guess-limits.ts';
import { Turns } from './turns.ts';

/** Why a request was not taken for its user's. */
export type AuthenticationProblem = 'wrong' | 'replayed' | 'malformed' | 'shutOut';

/** A request that did not prove who sent it. */
export interface AuthenticationFailure {
  readonly problem: AuthenticationProblem;
  readonly username: string;
  readonly method: string;
  /** Where the request came from. */
  readonly address: string;
}

/** Who sent a request, or the answer that asks for it. */
export type Authentication =
  | {
      readonly ok: true;
      readonly user: CredentialEntry;
      /** For the answer: that we know the password, too, and the next nonce (RFC 7616 §3.5). */
      readonly confirmation: HeaderFields;
    }
  | { readonly ok: false; readonly response: SipResponse };

/** See `Authenticator.standing`. */
export type Standing = 'proving' | 'moved' | 'nothing';

/** What an `Authenticator` is made of. */
export interface AuthenticatorOptions {
  readonly runtime: Runtime;
  /** Also the domain whose users these are. */
  readonly realm: string;
  readonly credentials: CredentialStore;
  /** What is offered on the listener that a request came in on, best first. */
  algorithms(inbound: Inbound): readonly DigestAlgorithm[];
  readonly failures: FailureLimits;
  readonly nonceLifetimeMs?: number;
  onFailure(failure: AuthenticationFailure): void;
  readonly flows?: FlowTrust | undefined;
  /** Whether a user is registered from this address. */
  isRegisteredFrom(claim: Claim): Promise<boolean>;
}

/** What a transport wants to know of those who authenticate themselves; sip-transport satisfies it. */
export interface FlowTrust {
  /** Somebody proved who they are over this flow. */
  trust(hop: Hop): void;
  /** Somebody failed to, and it was not forged by others. */
  suspect(hop: Hop): void;
}

/**
 * Finds out which user sent a request (RFC 3261 §22, RFC 7616). A user that does not exist meets
 * the same answers as one whose password was wrong.
 */
export class Authenticator {
  private readonly options: AuthenticatorOptions;
  private readonly digest: DigestServer;
  private readonly guesses: GuessLimits;
  private readonly turns = new Turns();
  /** Requests whose digest was looked at although they could be from anywhere. */
  private readonly looked = new WeakSet<SipRequest>();

  constructor(options: AuthenticatorOptions) {
    const { runtime, realm, failures, nonceLifetimeMs } = options;
    this.options = options;
    this.digest = new DigestServer({
      runtime,
      realm,
      ...(nonceLifetimeMs === undefined ? {} : { nonceLifetimeMs }),
    });
    this.guesses = new GuessLimits(runtime.clock, failures);
  }

  /** How many failures are remembered. */
  get remembered(): number {
    return this.guesses.size;
  }

  /**
   * What the credentials of a request come to before anybody has looked at them: `proving` answer a
   * challenge that was sent to this very address; `moved` one that was sent elsewhere; `nothing` are
   * those that prove nothing, and of requests that are not to be answered but with a refusal.
   */
  standing(request: SipRequest, inbound: Inbound, kind: 401 | 407): Standing {
    const claim = this.claim(request, inbound, kind);
    if (this.guesses.shutOutMs(claim) > 0 || !this.digest.isOurs(request, kind)) return 'nothing';
    if (this.guesses.strangerMs(claim) > 0) return 'moved'; // whether it is at home is looked up
    return this.digest.answersUs(request, kind, claim.address) ? 'proving' : 'moved';
  }

  /**
   * Whether the digest of a request is right, without using its nonce count up. False as well where
   * too many were looked at for this user, or many guess and the user is not at home here.
   */
  async isRight(request: SipRequest, inbound: Inbound, kind: 401 | 407): Promise<boolean> {
    const claim = this.claim(request, inbound, kind);
    if (this.guesses.strangerMs(claim) > 0) {
      if (!(await this.options.isRegisteredFrom(claim))) return false;
      this.guesses.isAtHome(claim);
    }
    if (!this.mayLook(request, claim)) return false;
    const offered = this.options.algorithms(inbound);
    const lookup = async (username: string): Promise<Ha1Set | undefined> => {
      const found = await this.options.credentials.find(this.options.realm, username);
      return found === undefined ? undefined : usable(found, offered);
    };
    return this.digest.isRight(request, kind, lookup, { algorithms: DIGEST_ALGORITHMS });
  }

  /**
   * One after the other for each user and address: guesses that come all at once are not judged
   * before the first of them is counted.
   *
   * @param kind 401 for a REGISTER, 407 for everything else.
   */
  authenticate(request: SipRequest, inbound: Inbound, kind: 401 | 407): Promise<Authentication> {
    const claim = this.claim(request, inbound, kind);
    const key = `${claim.address} ${claim.username}`;
    return this.turns.take(key, () => this.judge(request, inbound, { kind, claim }));
  }

  private async judge(
    request: SipRequest,
    inbound: Inbound,
    { kind, claim }: { kind: 401 | 407; claim: Claim },
  ): Promise<Authentication> {
    const { guesses } = this;
    const shutOutMs = Math.max(guesses.shutOutMs(claim), guesses.strangerMs(claim));
    if (shutOutMs > 0) return this.shutOut(request, claim, shutOutMs);
    const offered = this.options.algorithms(inbound);
    const isThere = this.isThere(request, inbound, kind);
    const isAsked = this.digest.credentials(request, kind) !== undefined;
    if (isAsked && !isThere && !this.mayLook(request, claim)) {
      return this.challenge(request, kind, { offered, outcome: 'wrong', claim });
    }
    let found: CredentialEntry | undefined;
    const lookup = async (username: string): Promise<Ha1Set | undefined> => {
      found = await this.options.credentials.find(this.options.realm, username);
      return found === undefined ? undefined : usable(found, offered);
    };
    // every algorithm is worth a computation: what was not offered to this user is wrong, not odd
    const verdict = await this.digest.verify(request, kind, lookup, {
      algorithms: DIGEST_ALGORITHMS,
    });
    const { outcome } = verdict;
    if (outcome === 'ok' && found !== undefined) {
      guesses.succeeded(claim);
      this.options.flows?.trust(inbound.hop);
      const confirmation = this.digest.confirmation(verdict, { client: claim.address });
      return { ok: true, user: found, confirmation };
    }
    if (outcome === 'wrong' && isThere) {
      guesses.failed(claim);
      this.options.flows?.suspect(inbound.hop);
    }
    if (outcome === 'wrong' || outcome === 'replayed' || outcome === 'malformed') {
      this.tell(outcome, request, claim);
    }
    return this.challenge(request, kind, { offered, outcome, claim });
  }

  private async challenge(
    request: SipRequest,
    kind: 401 | 407,
    { offered, outcome, claim }: Asked,
  ): Promise<Authentication> {
    const { credentials, realm } = this.options;
    const algorithms = (await credentials.find(realm, claim.username))?.algorithms ?? offered;
    const response = this.digest.challenge(kind, request, {
      algorithms,
      stale: outcome === 'stale',
      client: claim.address,
    });
    return { ok: false, response };
  }

  /**
   * Whether a request is from where it says: it came over a connection, or answers a challenge that
   * was sent there. Else anybody could shut users out by guessing in their name.
   */
  private isThere(request: SipRequest, { hop }: Inbound, kind: 401 | 407): boolean {
    return isReliable(hop.transport) || this.digest.answersUs(request, kind, hop.address);
  }

  private mayLook(request: SipRequest, claim: Claim): boolean {
    if (this.looked.has(request)) return true;
    if (!this.guesses.mayCheckUnplaced(claim)) return false;
    this.looked.add(request);
    return true;
  }

  private shutOut(request: SipRequest, claim: Claim, shutOutMs: number): Authentication {
    this.tell('shutOut', request, claim);
    const headers: [string, string][] = [['Retry-After', String(Math.ceil(shutOutMs / 1000))]];
    return { ok: false, response: createResponse(request, 403, { headers }) };
  }

  /** The user name in the credentials, else the one in From. */
  private claim(request: SipRequest, { hop }: Inbound, kind: 401 | 407): Claim {
    const { address } = hop;
    const credentials = this.digest.credentials(request, kind);
    if (credentials !== undefined) return { address, username: credentials.username };
    const { uri } = request.from;
    return { address, username: 'user' in uri ? (uri.user ?? '') : '' };
  }

  private tell(
    problem: AuthenticationProblem,
    { method }: SipRequest,
    { address, username }: Claim,
  ): void {
    this.options.onFailure({ problem, username, method, address });
  }
}

/** What a challenge is made for. */
interface Asked {
  readonly offered: readonly DigestAlgorithm[];
  readonly outcome: string;
  readonly claim: Claim;
}

/** No weaker algorithm than what was offered is taken, whatever HA1 values there are (RFC 8760). */
function usable({ ha1, algorithms }: CredentialEntry, offered: readonly DigestAlgorithm[]): Ha1Set {
  const allowed = algorithms ?? offered;
  return Object.fromEntries(
    Object.entries(ha1).filter(([algorithm]) => allowed.some((one) => one === algorithm)),
  );
}
