import type { ServerTransaction } from '@strowger/transaction-core';
import type { LayerContext } from '../layer-context.ts';
import { refuse } from '../refusal.ts';
import type { Carrier } from './carrier.ts';
import { type EventName, eventOf } from './event-name.ts';
import type { Notifier } from './notifier.ts';
import { Subscriber } from './subscriber.ts';
import { statusOf } from './subscription-state.ts';

/** The subscriptions of one dialog, of both directions (RFC 6665 §4.5.2). */
export class UsageDialog {
  readonly carrier: Carrier;
  private readonly context: LayerContext;
  private readonly usages = new Set<Subscriber | Notifier>();
  private readonly onChange: (change: 1 | -1) => void;

  constructor(context: LayerContext, carrier: Carrier, onChange: (change: 1 | -1) => void) {
    this.context = context;
    this.carrier = carrier;
    this.onChange = onChange;
  }

  get size(): number {
    return this.usages.size;
  }

  add(usage: Subscriber | Notifier): void {
    this.usages.add(usage);
    this.onChange(1);
  }

  remove(usage: Subscriber | Notifier): void {
    if (this.usages.delete(usage)) this.onChange(-1);
  }

  /** The subscription to us with this Event. */
  notifierOf(event: EventName): Notifier | undefined {
    for (const usage of this.usages) {
      if (!(usage instanceof Subscriber) && usage.takes(event)) return usage;
    }
    return undefined;
  }

  /** Takes a NOTIFY whose order was checked. */
  receiveNotify(transaction: ServerTransaction): void {
    const { request, inbound } = transaction;
    const event = eventOf(request.headers);
    const status = statusOf(request.headers);
    if (event === undefined || status === undefined) return refuse(this.context, transaction, 400);
    const subscriber = this.subscriberOf(event);
    if (subscriber === undefined) return refuse(this.context, transaction, 481);
    this.carrier.record.refreshTarget(request, inbound.hop);
    subscriber.receive(transaction, status);
  }

  close(): void {
    for (const usage of this.usages) usage.close();
  }

  private subscriberOf(event: EventName): Subscriber | undefined {
    for (const usage of this.usages) {
      if (usage instanceof Subscriber && usage.takes(event)) return usage;
    }
    return undefined;
  }
}
