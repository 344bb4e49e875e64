import type { Inbound } from '../message-sender.ts';
import type { TimerSettings } from '../timer-settings.ts';
import { TransactionLayer } from '../transaction-layer.ts';
import type { TransactionCounters, TransactionStep } from '../transaction-shell.ts';
import { ProxyCore, type ProxyCounters } from './proxy-core.ts';
import type { ProxyOptions } from './proxy-options.ts';

/** What a `StatefulProxy` is made of. */
export interface StatefulProxyOptions extends ProxyOptions {
  readonly timers?: Partial<TimerSettings>;
  /** Live transactions at most, client and server together; 100 000 by default. */
  readonly maxTransactions?: number;
  /** Told of every step of every transaction. */
  readonly onStep?: (step: TransactionStep) => void;
}

/**
 * A stateful proxy (RFC 3261 §16): give it what the transport hears, and it asks `route` where
 * everything goes.
 */
export class StatefulProxy {
  private readonly transactions: TransactionLayer;
  private readonly core: ProxyCore;

  constructor(options: StatefulProxyOptions) {
    const { runtime, sender, timers, maxTransactions, onStep } = options;
    this.transactions = new TransactionLayer({
      runtime,
      sender,
      mergedRequests: 'pass',
      user: {
        onRequest: (transaction) => this.core.onRequest(transaction),
        onAck: (ack, inbound) => this.core.onAck(ack, inbound),
        onStrayResponse() {}, // never passed on: whose it is cannot be known (RFC 6026 §8.9)
      },
      ...(timers === undefined ? {} : { timers }),
      ...(maxTransactions === undefined ? {} : { maxTransactions }),
      ...(onStep === undefined ? {} : { onStep }),
    });
    this.core = new ProxyCore(options, this.transactions);
  }

  /** What happened since it was made. */
  get counters(): Readonly<TransactionCounters & ProxyCounters> {
    return { ...this.transactions.counters, ...this.core.counters };
  }

  /** Takes what the transport heard. Never throws for what a peer sent. */
  receive(inbound: Inbound): void {
    this.transactions.receive(inbound);
  }

  /** What lives at this moment: zeros when all is over. */
  counts(): { clientTransactions: number; serverTransactions: number; proxiedRequests: number } {
    return { ...this.transactions.counts(), ...this.core.counts() };
  }

  /** Forgets everything and frees every timer; nobody is told. Idempotent. */
  close(): void {
    this.core.close();
    this.transactions.close();
  }
}
