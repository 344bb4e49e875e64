import { type SipRequest, SipUri, TelUri, type Uri } from '@strowger/sip-message';
import type { Forwarding } from '@strowger/session-core';
import type { Inbound } from '@strowger/transaction-core';
import type { CredentialStore } from './credential-store.ts';
import type { Domain } from './domain.ts';
import type { Binding } from './location-store.ts';
import type { Registrar } from './registrar.ts';
import type { Service } from './service.ts';

/** Where a call goes. */
export type Destination =
  | {
      readonly kind: 'user';
      /** Whom to call: the address of record, as `sips:` where it was dialled so. */
      readonly to: SipUri;
      /** Never empty. */
      readonly bindings: readonly Binding[];
    }
  | { readonly kind: 'service'; readonly name: string; readonly service: Service }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason?: string;
      readonly callee?: string;
    };

/** How a call wants to be routed. */
export interface RouteWish {
  /** It was dialled by `sips:`: to contacts that are `sips:` alone (RFC 5630 §5.3). Default not. */
  readonly isSecure?: boolean;
}

/** What a `sips:` call gets where nobody can be reached by it (RFC 5630 §5.3). */
export const SIPS_NOT_ALLOWED = { status: 480, reason: 'SIPS Not Allowed' } as const;

/** What a `Router` is made of. */
export interface RouterOptions {
  readonly domain: Domain;
  readonly registrar: Registrar;
  readonly credentials: CredentialStore;
  readonly services: ReadonlyMap<string, Service>;
}

/** From what was dialled to whom it is for: services, then users. */
export class Router {
  private readonly options: RouterOptions;

  constructor(options: RouterOptions) {
    this.options = options;
  }

  /**
   * What was dialled: the user part of an address of ours, or a telephone number. `undefined` for
   * an address of somebody else's: nothing is relayed there.
   */
  dialled({ uri }: SipRequest, inbound: Inbound): string | undefined {
    return this.dialledUri(uri, inbound);
  }

  /** The same for an address that a request names. */
  dialledUri(uri: Uri, inbound: Inbound): string | undefined {
    if (uri instanceof TelUri) return uri.number.replaceAll(/[-.()]/g, '');
    return this.options.domain.userOf(uri, inbound);
  }

  /** Whether a dialled number is a service. */
  isService(dialled: string): boolean {
    return this.options.services.has(dialled);
  }

  /** Resolves with where a dialled number leads (RFC 3261 §16.5). */
  async route(dialled: string, { isSecure = false }: RouteWish = {}): Promise<Destination> {
    const { domain, registrar, credentials, services } = this.options;
    const service = services.get(dialled);
    if (service !== undefined) return { kind: 'service', name: dialled, service };
    const entry = await credentials.find(domain.name, dialled);
    if (entry === undefined) return { kind: 'refused', status: 404 };
    const addressOfRecord = domain.addressOfRecord(dialled);
    const bindings = await registrar.lookup(addressOfRecord);
    if (bindings.length === 0) return { kind: 'refused', status: 480, callee: addressOfRecord };
    if (!isSecure) return { kind: 'user', to: domain.uri(dialled), bindings };
    const secure = bindings.filter(({ contact }) => /^sips:/iu.test(contact));
    const to = domain.uri(dialled).with({ scheme: 'sips' });
    if (secure.length > 0) return { kind: 'user', to, bindings: secure };
    return { kind: 'refused', ...SIPS_NOT_ALLOWED, callee: addressOfRecord };
  }
}

/** Whether a request may be for us at all; else the status that it deserves (RFC 3261 §8.2.2.1). */
export function refuseScheme(request: SipRequest): number | undefined {
  const isKnown = request.uri instanceof SipUri || request.uri instanceof TelUri;
  return isKnown ? undefined : 416;
}

/**
 * The one spelling of whom an address is for: `sips:bob@pbx` and `sip:bob@pbx` are the same user
 * (RFC 5630 §4), who is known by the second.
 */
export function userAt(uri: Uri): string {
  return (uri instanceof SipUri ? uri.with({ scheme: 'sip' }) : uri).toString();
}

/** Who was called, for the record: who was dialled, also where somebody else answered. */
export function calleeOf(
  destination: Destination | undefined,
  [first]: readonly Forwarding[],
): string | undefined {
  if (first !== undefined) return userAt(first.from);
  if (destination?.kind === 'user') return userAt(destination.to);
  return destination?.kind === 'service' ? destination.name : destination?.callee;
}
