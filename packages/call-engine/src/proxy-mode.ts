import type { ForeignRequests } from '@strowger/dialog-core';
import { createResponse, isSips, type NameAddr, type SipRequest } from '@strowger/sip-message';
import {
  type Inbound,
  ProxyCore,
  type ProxyDecision,
  type ProxyRequest,
  type ProxyTarget,
  type ProxyTransactions,
  type ServerTransaction,
} from '@strowger/transaction-core';
import type { Admitted, Doorkeeper } from './admission.ts';
import type { CallEngineOptions } from './call-engine-options.ts';
import { contactUri } from './contact-leg.ts';
import type { Domain } from './domain.ts';
import { type Binding, pathOf } from './location-store.ts';
import type { ProxiedCalls } from './proxied-calls.ts';
import type { Router } from './router.ts';

/** What a `ProxyMode` is made of. */
export interface ProxyModeOptions {
  readonly engine: Pick<CallEngineOptions, 'runtime' | 'sender' | 'aliases'>;
  readonly domain: Domain;
  readonly router: Router;
  readonly doorkeeper: Doorkeeper;
  /** Requests under way at most. */
  readonly maxCalls: number;
  /** How long phones ring. */
  readonly ringTimeoutMs: number;
  /** Whether new calls are refused. */
  readonly isDraining: () => boolean;
  /** Told of the calls that pass, and how they end. */
  readonly calls: ProxiedCalls;
  /** Asked late: these transactions come to be after it. */
  readonly transactions: () => ProxyTransactions;
  /** The one method that is passed on, outside of dialogs; without it everything is. */
  readonly only?: string;
}

/** Seconds after which a caller who met a full or draining engine may try again. */
const RETRY_AFTER: [string, string][] = [['Retry-After', '10']];

/**
 * Passes on what is for users, as a stateful proxy on the engine's own transactions (RFC 3261 §16):
 * who calls is proven as for the B2BUA, and the phones talk to each other.
 */
export class ProxyMode implements ForeignRequests {
  private readonly options: ProxyModeOptions;
  private readonly core: ProxyCore;

  constructor(options: ProxyModeOptions) {
    const { engine, domain, transactions } = options;
    const { runtime, sender, aliases = [] } = engine;
    this.options = options;
    const names = [domain.name, ...aliases];
    this.core = new ProxyCore(
      {
        runtime,
        sender,
        names,
        route: (request) => this.route(request),
        onResponse: (request, response) => this.options.calls.receive(request, response),
      },
      {
        request: (...request) => transactions().request(...request),
        sendAck: (...ack) => transactions().sendAck(...ack),
      },
    );
  }

  /** REGISTER, services and what is for the domain itself end here; everything else is passed on. */
  take(transaction: ServerTransaction): boolean {
    if (!this.isForOthers(transaction)) return false;
    this.core.onRequest(transaction);
    return true;
  }

  takeAck(ack: SipRequest, inbound: Inbound): void {
    this.core.onAck(ack, inbound);
  }

  /** Requests under way. */
  get size(): number {
    return this.core.counts().proxiedRequests;
  }

  /** Drops what is under way. */
  close(): void {
    this.core.close();
  }

  private isForOthers({ request, inbound, method }: ServerTransaction): boolean {
    const { router, only } = this.options;
    if (only !== undefined && (method !== only || request.toTag !== undefined)) return false;
    if (request.toTag !== undefined) return true;
    if (method === 'REGISTER') return false;
    const dialled = router.dialled(request, inbound);
    return dialled !== '' && (dialled === undefined || !router.isService(dialled));
  }

  private route(proxied: ProxyRequest): ProxyDecision | Promise<ProxyDecision> {
    const { request, isRouted } = proxied;
    if (request.toTag === undefined) return this.admit(proxied);
    // within a dialog that came to be through us nobody is asked again who they are
    if (!isRouted) return refuse(request, 481);
    if (request.method === 'BYE') this.options.calls.hangUp(request);
    return this.forward(request, [{ uri: request.uri }]);
  }

  private async admit({ request, inbound }: ProxyRequest): Promise<ProxyDecision> {
    const { doorkeeper, domain, router } = this.options;
    const isFull = request.method === 'INVITE' ? this.isFull : this.isBusy;
    if (isFull) return refuse(request, 503, RETRY_AFTER);
    const admission = await doorkeeper.admit(request, inbound);
    if (!admission.ok) {
      if ('status' in admission) return refuse(request, admission.status);
      return { kind: 'refuse', response: admission.response };
    }
    // a proxy leaves From as it is (RFC 3261 §16.6), so a user has to write his own there
    const isStranger = domain.userOf(request.from.uri, inbound) === undefined;
    const isUser = domain.userOf(admission.from.uri, inbound) !== undefined;
    if (isStranger && isUser) return refuse(request, 403);
    if (request.method === 'INVITE') this.begin(request, admission);
    const wish = { isSecure: isSips(request.uri) };
    const destination = await router.route(admission.dialled, wish);
    if (destination.kind !== 'user') {
      return refuse(request, destination.kind === 'refused' ? destination.status : 404);
    }
    const { ringTimeoutMs: ringMs } = this.options;
    const targets = destination.bindings.flatMap(targetOf).map((one) => ({ ...one, ringMs }));
    return this.forward(request, targets);
  }

  private begin(invite: SipRequest, { from, dialled }: Admitted): void {
    const { calls, domain } = this.options;
    const { displayName } = from;
    calls.begin(invite, {
      caller: from.uri.toString(),
      ...(displayName === undefined ? {} : { callerName: displayName }),
      dialled,
      callee: domain.addressOfRecord(dialled).toString(),
    });
  }

  private get isFull(): boolean {
    const { isDraining, maxCalls, calls } = this.options;
    return isDraining() || this.isBusy || calls.size >= maxCalls;
  }

  private get isBusy(): boolean {
    return this.size > this.options.maxCalls;
  }

  private forward(request: SipRequest, targets: readonly ProxyTarget[]): ProxyDecision {
    const others = (request.headers.get('proxy-authorization') ?? []).filter(
      ({ realm }) => realm !== this.options.domain.name,
    );
    return {
      kind: 'forward',
      // a text makes no dialog whose requests could follow the route (RFC 3428 §6)
      recordRoute: request.method !== 'MESSAGE',
      targets,
      headers: [
        // what was proven to us is nobody else's (RFC 3261 §22.3)
        ['Proxy-Authorization', others],
        // a phone may not assert who it is (RFC 3325 §5)
        ['P-Asserted-Identity', []],
      ],
    };
  }
}

/** All contacts at once, as the B2BUA does, whatever their q. */
function targetOf(binding: Binding): ProxyTarget[] {
  const uri = contactUri(binding.contact);
  if (uri === undefined) return [];
  const path: readonly NameAddr[] = pathOf(binding);
  const { received } = binding;
  return [
    {
      uri,
      ...(path.length === 0 ? {} : { path }),
      ...(received === undefined ? {} : { hops: [received] }),
    },
  ];
}

function refuse(
  request: SipRequest,
  status: number,
  headers: readonly [string, string][] = [],
): ProxyDecision {
  return { kind: 'refuse', response: createResponse(request, status, { headers: [...headers] }) };
}
