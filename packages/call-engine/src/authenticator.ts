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
import { type FailureLimits, FailureTable } from './failure-table.ts';

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
  | { readonly ok: true; readonly user: CredentialEntry }
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
  private readonly failures: FailureTable;

  constructor(options: AuthenticatorOptions) {
    const { runtime, realm, failures, nonceLifetimeMs } = options;
    this.options = options;
    this.digest = new DigestServer({
      runtime,
      realm,
      ...(nonceLifetimeMs === undefined ? {} : { nonceLifetimeMs }),
    });
    this.failures = new FailureTable(runtime.clock, failures);
  }

  /** How many failures are remembered. */
  get remembered(): number {
    return this.failures.size;
  }

  /**
   * What the credentials of a request come to before anybody has looked at them: `proving` answer a
   * challenge that was sent to this very address; `moved` one that was sent elsewhere; `nothing` are
   * those that prove nothing, and of requests that are not to be answered but with a refusal.
   */
  standing(request: SipRequest, { hop }: Inbound, kind: 401 | 407): Standing {
    if (this.failures.shutOutMs(hop.address, this.claimedUser(request, kind)) > 0) return 'nothing';
    if (this.digest.answersUs(request, kind, hop.address)) return 'proving';
    return this.digest.isOurs(request, kind) ? 'moved' : 'nothing';
  }

  /** Whether the digest of a request is right, without using its nonce count up. */
  isRight(request: SipRequest, inbound: Inbound, kind: 401 | 407): Promise<boolean> {
    const offered = this.options.algorithms(inbound);
    const lookup = async (username: string): Promise<Ha1Set | undefined> => {
      const found = await this.options.credentials.find(this.options.realm, username);
      return found === undefined ? undefined : usable(found, offered);
    };
    return this.digest.isRight(request, kind, lookup, { algorithms: DIGEST_ALGORITHMS });
  }

  /** @param kind 401 for a REGISTER, 407 for everything else. */
  async authenticate(
    request: SipRequest,
    inbound: Inbound,
    kind: 401 | 407,
  ): Promise<Authentication> {
    const { address } = inbound.hop;
    const claimed = this.claimedUser(request, kind);
    const shutOutMs = this.failures.shutOutMs(address, claimed);
    if (shutOutMs > 0) return this.shutOut(request, { address, claimed, shutOutMs });
    const offered = this.options.algorithms(inbound);
    let found: CredentialEntry | undefined;
    const lookup = async (username: string): Promise<Ha1Set | undefined> => {
      found = await this.options.credentials.find(this.options.realm, username);
      return found === undefined ? undefined : usable(found, offered);
    };
    // every algorithm is worth a computation: what was not offered to this user is wrong, not odd
    const result = await this.digest.verify(request, kind, lookup, {
      algorithms: DIGEST_ALGORITHMS,
    });
    if (result.outcome === 'ok' && found !== undefined) {
      this.failures.succeeded(address, claimed);
      this.options.flows?.trust(inbound.hop);
      return { ok: true, user: found };
    }
    const { outcome } = result;
    if (outcome === 'wrong' && this.isThere(request, inbound, kind)) {
      this.failures.failed(address, claimed);
      this.options.flows?.suspect(inbound.hop);
    }
    if (outcome === 'wrong' || outcome === 'replayed' || outcome === 'malformed') {
      this.tell(outcome, request, { address, claimed });
    }
    return {
      ok: false,
      response: await this.challenge(request, kind, { offered, outcome, claimed, address }),
    };
  }

  private async challenge(
    request: SipRequest,
    kind: 401 | 407,
    { offered, outcome, claimed, address }: Asked,
  ): Promise<SipResponse> {
    const { credentials, realm } = this.options;
    const algorithms = (await credentials.find(realm, claimed))?.algorithms ?? offered;
    return this.digest.challenge(kind, request, {
      algorithms,
      stale: outcome === 'stale',
      client: address,
    });
  }

  /**
   * Whether a request is from where it says: it came over a connection, or answers a challenge that
   * was sent there. Else anybody could shut users out by guessing in their name.
   */
  private isThere(request: SipRequest, { hop }: Inbound, kind: 401 | 407): boolean {
    return isReliable(hop.transport) || this.digest.answersUs(request, kind, hop.address);
  }

  private shutOut(
    request: SipRequest,
    { address, claimed, shutOutMs }: { address: string; claimed: string; shutOutMs: number },
  ): Authentication {
    this.tell('shutOut', request, { address, claimed });
    const headers: [string, string][] = [['Retry-After', String(Math.ceil(shutOutMs / 1000))]];
    return { ok: false, response: createResponse(request, 403, { headers }) };
  }

  /** The user name in the credentials, else the one in From. */
  private claimedUser(request: SipRequest, kind: 401 | 407): string {
    const credentials = this.digest.credentials(request, kind);
    if (credentials !== undefined) return credentials.username;
    const { uri } = request.from;
    return 'user' in uri ? (uri.user ?? '') : '';
  }

  private tell(
    problem: AuthenticationProblem,
    { method }: SipRequest,
    { address, claimed: username }: { address: string; claimed: string },
  ): void {
    this.options.onFailure({ problem, username, method, address });
  }
}

/** What a challenge is made for. */
interface Asked {
  readonly offered: readonly DigestAlgorithm[];
  readonly outcome: string;
  readonly claimed: string;
  readonly address: string;
}

/** No weaker algorithm than what was offered is taken, whatever HA1 values there are (RFC 8760). */
function usable({ ha1, algorithms }: CredentialEntry, offered: readonly DigestAlgorithm[]): Ha1Set {
  const allowed = algorithms ?? offered;
  return Object.fromEntries(
    Object.entries(ha1).filter(([algorithm]) => allowed.some((one) => one === algorithm)),
  );
}
