import type { HeaderFields } from '@strowger/dialog-core';
import { DESCRIPTION_TYPES } from '@strowger/session-core';
import { createResponse, type SipRequest, type SipResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { Authenticator } from './authenticator.ts';
import type { Domain } from './domain.ts';
import type { Registrar } from './registrar.ts';
import { refuseScheme } from './router.ts';

/** What is done with requests that are no calls. */
export interface NonCallRequestsOptions {
  readonly domain: Domain;
  readonly authenticator: Authenticator;
  readonly registrar: Registrar;
  /** For Allow. */
  readonly allowed: readonly string[];
}

/** The methods that the engine takes, for Allow (RFC 3261 §20.5). */
export const ALLOWED = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'INFO',
  'PRACK',
  'UPDATE',
  'REGISTER',
  'REFER',
  'NOTIFY',
];

/** Methods that are known and that nothing is done with (RFC 3261 §8.2.1: 405, not 501). */
const KNOWN = [
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'PUBLISH',
  'REFER',
  'UPDATE',
  'PRACK',
  'INFO',
  'BYE',
];

/** A request and how it came. */
type Asked = Pick<ServerTransaction, 'method' | 'request' | 'inbound'>;

/** REGISTER, OPTIONS and the rest, outside of dialogs. */
export class NonCallRequests {
  private readonly options: NonCallRequestsOptions;

  constructor(options: NonCallRequestsOptions) {
    this.options = options;
  }

  /** Resolves with the answer. */
  answer(transaction: Asked): Promise<SipResponse> {
    const { method, request } = transaction;
    const status = refuseScheme(request);
    // before anybody is asked who they are: it can be for nobody (RFC 3261 §8.2.2.1)
    if (status !== undefined) return Promise.resolve(createResponse(request, status));
    if (method === 'REGISTER') return this.register(transaction);
    if (method === 'OPTIONS') return this.tellOptions(transaction);
    return this.refuse(transaction);
  }

  /** RFC 3261 §10.3 steps 1 to 5; the rest is the registrar's. */
  private async register({ request, inbound }: Asked): Promise<SipResponse> {
    const { domain, authenticator, registrar } = this.options;
    if (!('host' in request.to.uri)) return createResponse(request, 400); // no address of record
    const isOurs = domain.userOf(request.uri, inbound) !== undefined;
    const user = domain.userOf(request.to.uri, inbound);
    if (!isOurs || user === undefined) return createResponse(request, 404);
    const proof = await authenticator.authenticate(request, inbound, 401);
    if (!proof.ok) return proof.response;
    if (user !== proof.user.username) return createResponse(request, 403);
    const response = await registrar.register(domain.addressOfRecord(user), request, inbound);
    return confirmed(response, proof.confirmation);
  }

  /** OPTIONS to the domain itself is answered to everybody: it asks whether we live (§11). */
  private async tellOptions({ request, inbound }: Asked): Promise<SipResponse> {
    const { domain, authenticator } = this.options;
    const user = domain.userOf(request.uri, inbound);
    let confirmation: HeaderFields = [];
    const allowed = [...this.options.allowed];
    if (user !== '') {
      allowed.push('MESSAGE');
      const proof = await authenticator.authenticate(request, inbound, 407);
      if (!proof.ok) return proof.response;
      if (user === undefined) return createResponse(request, 404);
      ({ confirmation } = proof);
    }
    return createResponse(request, 200, {
      headers: [
        ['Allow', allowed.join(', ')],
        ['Accept', DESCRIPTION_TYPES.join(', ')],
        ['Accept-Encoding', 'identity'],
        ['Supported', 'path'],
        ...confirmation,
      ],
    });
  }

  /** A text for a user gets as far as this only where nobody has proven who sends it. */
  private async refuse({ method, request, inbound }: Asked): Promise<SipResponse> {
    const { domain, authenticator, allowed } = this.options;
    if (method === 'MESSAGE' || domain.userOf(request.from.uri, inbound) !== undefined) {
      const proof = await authenticator.authenticate(request, inbound, 407);
      if (!proof.ok) return proof.response;
    }
    return refuseMethod(request, allowed);
  }
}

/** A 2xx alone says it. */
function confirmed(response: SipResponse, confirmation: HeaderFields): SipResponse {
  if (response.status >= 300) return response;
  for (const [name, value] of confirmation) response.headers.set(name, value);
  return response;
}

function refuseMethod(request: SipRequest, allowed: readonly string[]): SipResponse {
  const status = KNOWN.includes(request.method) ? 405 : 501;
  return createResponse(request, status, { headers: [['Allow', allowed.join(', ')]] });
}
