import type { DigestAlgorithm, SipRequest } from '@strowger/sip-message';
import type { Ha1Lookup, Hop } from '@strowger/transaction-core';

/** What a request has to prove. `authenticate`: who sent it; `allow`: nothing; `refuse`: 403. */
export type AuthenticationDemand = 'authenticate' | 'allow' | 'refuse';

/** Who may call, and how that is proven (RFC 3261 §22, RFC 7616). */
export interface SessionAuthenticationOptions {
  readonly realm: string;
  /** The port to the credentials: what is kept of a user, such as a call engine's store has it. */
  readonly credentials: Ha1Lookup;
  /** By method and source; default: everybody proves who they are. */
  readonly policy?:
    | ((request: SipRequest, source: Hop | undefined) => AuthenticationDemand)
    | undefined;
  /** As whom we ask: 401 as the one who is called, 407 as a proxy. Default 407. */
  readonly status?: 401 | 407;
  /** Best first; default MD5 alone, which every phone knows. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** How long a nonce is good. Default 300,000. */
  readonly nonceLifetimeMs?: number;
  /**
   * Failures from one address within `lockMs` after which it is not looked at. Default 10. Those count
   * that came over a connection, or answer a challenge that was sent there; a success for a user name
   * clears the failures of that name alone.
   */
  readonly maxFailures?: number;
  /** Default 60,000. */
  readonly lockMs?: number;
  /** Made by `bypassAuthentication`: for tests. */
  readonly bypass?: AuthenticationBypass;
}

/** Lets everybody in as whoever they say they are. */
export class AuthenticationBypass {
  readonly reason: string;

  /** @internal */
  constructor(reason: string) {
    this.reason = reason;
  }

  /** @internal Whether it was made by `bypassAuthentication`. */
  static isMade(value: unknown): value is AuthenticationBypass {
    return value instanceof AuthenticationBypass; // which no configuration file can spell
  }
}

/**
 * Switches authentication off, for tests: a value that only code can make, and that is told as a
 * security event for every session that it lets in. @param reason goes into those events.
 */
export function bypassAuthentication(reason: string): AuthenticationBypass {
  return new AuthenticationBypass(reason);
}
