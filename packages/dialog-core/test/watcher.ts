import { NameAddr, uri } from '@strowger/sip-message';
import type { SimulatedHost, Simulation } from '@strowger/testkit';
import {
  type Body,
  DialogLayer,
  type DialogLayerOptions,
  type IncomingSubscribe,
  type NotifierSubscription,
  type OutgoingSubscribe,
  type SubscribeAcceptance,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionEnd,
} from '@strowger/dialog-core';
import type { ServerTransaction } from '@strowger/transaction-core';
import { drivenRows } from './phone.ts';

export const text = (content: string): Body => ({ type: 'text/plain', content });

/** A user that subscribes and is subscribed to; what it is told is written to `log`. */
export class Watcher {
  readonly log: string[] = [];
  readonly host: SimulatedHost;
  readonly layer: DialogLayer;
  readonly simulation: Simulation;
  readonly name: string;
  /** Its own state, which its watchers are told. */
  state = 'closed';
  acceptance: SubscribeAcceptance = {};
  onSubscribe: (subscribe: IncomingSubscribe) => void = (subscribe) => this.accept(subscribe);
  onRequest: (transaction: ServerTransaction) => void = () => {};
  onNotify: () => void = () => {};
  /** Subscriptions to us. */
  readonly watchers: NotifierSubscription[] = [];
  /** Subscriptions of ours. */
  readonly watched: Subscription[] = [];

  constructor(
    simulation: Simulation,
    name: string,
    options: Partial<DialogLayerOptions> & { host?: SimulatedHost } = {},
  ) {
    const { host = simulation.network.host(name), ...rest } = options;
    this.simulation = simulation;
    this.name = name;
    this.host = host;
    this.layer = new DialogLayer({
      runtime: host.runtime,
      sender: host,
      contactUser: name,
      events: { packages: ['presence', 'dialog'] },
      user: {
        onInvite: (invite) => invite.reject(486),
        onRequest: (transaction) => this.onRequest(transaction),
        onSubscribe: (subscribe) => this.onSubscribe(subscribe),
      },
      ...rest,
      onStep: (step) => {
        drivenRows.add(`${step.machine} ${step.from} ${step.input}`);
      },
    });
    host.receive = (inbound) => this.layer.receive(inbound);
  }

  subscribe(to: string, options: Partial<SubscribeOptions> = {}): OutgoingSubscribe {
    return this.layer.subscribe(
      {
        to: uri(`sip:${to}@${to}`),
        from: new NameAddr({ uri: uri(`sip:${this.name}@${this.name}`) }),
        event: 'presence',
        expiresSeconds: 600,
        ...options,
      },
      {
        onSubscription: (subscription) => this.watch(subscription),
        onFailed: (end) => this.say(`failed ${words(end)}`),
      },
    );
  }

  watch(subscription: Subscription): void {
    this.watched.push(subscription);
    subscription.user = {
      onNotify: ({ status, request }) => {
        const body = new TextDecoder().decode(request.body);
        const { reason } = status;
        this.say(`${status.state}${reason === undefined ? '' : ` ${reason}`} ${body}`.trim());
        this.onNotify();
      },
      onEnded: (end) => this.say(`ended ${words(end)}`),
    };
  }

  accept(subscribe: IncomingSubscribe): NotifierSubscription {
    const notifier = subscribe.accept({
      user: {
        content: (state) => (state === 'pending' ? undefined : text(this.state)),
        onRefresh: () => this.say('refreshed'),
        onEnded: (end) => this.say(`watcher ${end.kind}`),
      },
      ...this.acceptance,
    });
    this.watchers.push(notifier);
    return notifier;
  }

  after(ms: number, act: () => void): void {
    this.host.runtime.clock.arm(ms, act);
  }

  say(line: string): void {
    this.log.push(line);
  }
}

function words(end: SubscriptionEnd): string {
  switch (end.kind) {
    case 'terminated':
      return `terminated, again after ${end.resubscribeAfterMs ?? 'no'} ms`;
    case 'rejected':
      return `rejected ${end.status}`;
    case 'failed':
      return `failed ${end.why.kind}`;
    default:
      return end.kind;
  }
}
