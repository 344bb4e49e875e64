import { createResponse, isSips, type SipRequest } from '@strowger/sip-message';
import type { Inbound } from '../message-sender.ts';
import type { ServerTransaction } from '../server-transaction.ts';
import type { TransactionLayer } from '../transaction-layer.ts';
import { loopMark } from './loop-detection.ts';
import { OwnRoutes } from './own-routes.ts';
import { ProxiedRequest, type ProxySurroundings } from './proxied-request.ts';
import type { ProxyDecision, ProxyOptions } from './proxy-options.ts';
import { forwardedTo } from './request-forwarding.ts';
import { refusalOf } from './request-validation.ts';
import { type Preprocessed, preprocess } from './route-preprocessing.ts';

/** What a proxy does with a transaction layer. */
export type ProxyTransactions = Pick<TransactionLayer, 'request' | 'sendAck'>;

/** What a proxy counted since it was made. */
export interface ProxyCounters {
  /** Requests that came to it, ACKs apart. */
  requests: number;
  /** Branches that it opened. */
  requestsForwarded: number;
  /** Requests that it refused without asking the application: 416, 420, 430, 440, 482, 483. */
  requestsRefused: number;
  acksForwarded: number;
  /** ACKs that led nowhere. */
  acksDropped: number;
  /** Branches that were cancelled by timer C (RFC 3261 §16.8). */
  timerCFired: number;
}

/**
 * The core of a stateful proxy (RFC 3261 §16) on transactions that somebody else owns: give it the
 * server transactions that shall be passed on, and the ACKs that belong to no transaction.
 * `StatefulProxy` has a transaction layer of its own.
 */
export class ProxyCore {
  /** What happened since it was made. */
  readonly counters: Readonly<ProxyCounters>;
  private readonly options: ProxyOptions;
  private readonly around: ProxySurroundings;
  private readonly counted: ProxyCounters;
  private readonly live = new Set<ProxiedRequest>();
  private readonly key: string;
  private closed = false;

  constructor(options: ProxyOptions, transactions: ProxyTransactions) {
    this.options = options;
    this.counted = newCounters();
    this.counters = this.counted;
    this.key = options.runtime.random.token();
    this.around = {
      options,
      transactions,
      own: new OwnRoutes(options),
      counters: this.counted,
      onReleased: (request) => this.live.delete(request),
    };
  }

  /** Passes a request on, or answers it. Never throws for what a peer sent. */
  onRequest(server: ServerTransaction): void {
    if (this.closed) return;
    this.counted.requests++;
    const { request, inbound } = server;
    const mark = loopMark(request, this.key);
    const refusal = refusalOf(request, { mark, supported: this.options.supported ?? [] });
    const way = preprocess(request, inbound, this.around.own);
    const flow = way.flow === 'gone' ? undefined : way.flow;
    if (refusal !== undefined || way.flow === 'gone') {
      this.counted.requestsRefused++;
      return server.respond(refusal ?? createResponse(request, 430));
    }
    const proxied = new ProxiedRequest(this.around, { server, received: way.request, flow, mark });
    this.live.add(proxied);
    this.decide(way, inbound, (decision) => proxied.take(decision));
  }

  /** Passes on an ACK that belongs to no transaction, without one (RFC 3261 §16.11, §17.1.1.3). */
  onAck(ack: SipRequest, inbound: Inbound): void {
    if (this.closed) return;
    const way = preprocess(ack, inbound, this.around.own);
    if (way.flow === 'gone' || ack.headers.get('max-forwards') === 0) {
      this.counted.acksDropped++;
      return;
    }
    this.decide(way, inbound, (decision) => this.sendAck(way, decision));
  }

  /** The requests under way: zero when all is over. */
  counts(): { proxiedRequests: number } {
    return { proxiedRequests: this.live.size };
  }

  /** Forgets every request and frees its timers; nobody is told. Idempotent. */
  close(): void {
    this.closed = true;
    for (const request of this.live) request.close();
    this.live.clear();
  }

  private sendAck({ request, flow }: Preprocessed, decision: ProxyDecision): void {
    const [target] = decision.kind === 'forward' ? decision.targets : [];
    if (target === undefined || this.closed) {
      this.counted.acksDropped++;
      return;
    }
    const { headers } = decision.kind === 'forward' ? decision : {};
    const forwarded = forwardedTo(target, request, { headers, breadth: undefined });
    const hops = target.hops ?? (flow === undefined || flow === 'gone' ? undefined : [flow]);
    this.counted.acksForwarded++;
    this.around.transactions.sendAck(forwarded.request, {
      target: forwarded.next,
      isSecure: isSips(request.uri),
      ...(hops === undefined ? {} : { hops }),
    });
  }

  /** Asks the application, at once where it knows at once. */
  private decide(
    { request, isRouted }: Preprocessed,
    inbound: Inbound,
    act: (decision: ProxyDecision) => void,
  ): void {
    const failed = (error: unknown): void => {
      this.options.runtime.logger.error({ err: error }, 'a request could not be routed');
      if (!this.closed) act({ kind: 'refuse', response: createResponse(request, 500) });
    };
    let decision: ProxyDecision | Promise<ProxyDecision>;
    try {
      decision = this.options.route({ request, inbound, isRouted });
    } catch (error) {
      return failed(error);
    }
    if (!(decision instanceof Promise)) return act(decision);
    decision.then((found) => (this.closed ? undefined : act(found)), failed);
  }
}

function newCounters(): ProxyCounters {
  return {
    requests: 0,
    requestsForwarded: 0,
    requestsRefused: 0,
    acksForwarded: 0,
    acksDropped: 0,
    timerCFired: 0,
  };
}
