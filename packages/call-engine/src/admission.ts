import type { HeaderFields } from '@strowger/dialog-core';
import { NameAddr, type SipRequest, type SipResponse } from '@strowger/sip-message';
import type { Inbound } from '@strowger/transaction-core';
import type { Authenticator } from './authenticator.ts';
import type { CredentialEntry } from './credential-store.ts';
import type { Domain } from './domain.ts';
import { refuseScheme, type Router } from './router.ts';

/** A call that may go ahead: who calls, and what was dialled. */
export interface Admitted {
  readonly ok: true;
  /** As those who are called see the caller. */
  readonly from: NameAddr;
  /** Whether it is a user of ours, and has proven it. */
  readonly isUser: boolean;
  readonly dialled: string;
  /** For the 2xx (RFC 7615); empty for who did not prove anything. */
  readonly confirmation: HeaderFields;
  /** How many hops further the call may go. */
  readonly maxForwards: number;
}

/** A call that may not: the status, or the whole answer where it is a challenge. */
export type Admission =
  | Admitted
  | { readonly ok: false; readonly status: number }
  | { readonly ok: false; readonly response: SipResponse };

/** What `Admission` is decided with. */
export interface AdmissionOptions {
  readonly domain: Domain;
  readonly router: Router;
  readonly authenticator: Authenticator;
  /** What may be dialled by a caller who is no user. */
  readonly publicAccess: ReadonlySet<string>;
}

/**
 * Decides who may call. Everybody is challenged, but for those who dial what is open to the public
 * and do not say that they are a user of ours. Whether a number exists is told to users alone; a
 * stranger gets the same challenge for all of them, and cannot answer it.
 */
export class Doorkeeper {
  private readonly options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  /** Whether a caller who is no user of ours may dial this. */
  isOpen(request: SipRequest, inbound: Inbound): boolean {
    const { domain, router, publicAccess } = this.options;
    if (domain.userOf(request.from.uri, inbound) !== undefined) return false;
    const dialled = router.dialled(request, inbound);
    return dialled !== undefined && publicAccess.has(dialled);
  }

  async admit(request: SipRequest, inbound: Inbound): Promise<Admission> {
    const { domain, router, authenticator } = this.options;
    const maxForwards = request.headers.get('max-forwards') ?? 70;
    const refused =
      refuseScheme(request) ??
      (maxForwards === 0 ? TOO_MANY_HOPS : undefined) ??
      (takesDescriptions(request) ? undefined : NOT_ACCEPTABLE);
    if (refused !== undefined) return { ok: false, status: refused };
    const claimed = domain.userOf(request.from.uri, inbound);
    const dialled = router.dialled(request, inbound);
    if (dialled !== undefined && this.isOpen(request, inbound)) {
      const from = stranger(request.from);
      return { ok: true, from, isUser: false, confirmation: [], dialled, maxForwards };
    }
    const proof = await authenticator.authenticate(request, inbound, 407);
    if (!proof.ok) return proof;
    // the identity that others see is the one that was proven (RFC 3261 §22.3)
    if (claimed !== undefined && claimed !== proof.user.username) return { ok: false, status: 403 };
    if (dialled === undefined || dialled === '') return { ok: false, status: 404 };
    const from = this.identity(request, proof.user);
    const { confirmation } = proof;
    return { ok: true, from, isUser: true, confirmation, dialled, maxForwards };
  }

  private identity({ from }: SipRequest, { username, displayName }: CredentialEntry): NameAddr {
    return new NameAddr({
      displayName: displayName ?? from.displayName,
      uri: this.options.domain.uri(username),
    });
  }
}

/** The request has come too far (RFC 3261 §16.3 step 3). */
const TOO_MANY_HOPS = 483;

/** The caller takes no answer that could be given (RFC 3261 §20.1, §21.4.7). */
const NOT_ACCEPTABLE = 406;

/** Whether the caller takes a session description in a response; an absent Accept says so (§20.1). */
function takesDescriptions({ method, headers }: SipRequest): boolean {
  const accepted = headers.get('accept');
  if (method !== 'INVITE' || accepted === undefined) return true;
  return accepted.some(
    ({ type, subtype }) =>
      type === '*' || (type === 'application' && (subtype === 'sdp' || subtype === '*')),
  );
}

function stranger({ displayName, uri }: NameAddr): NameAddr {
  return new NameAddr({ displayName, uri });
}
