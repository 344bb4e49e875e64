import { Machine, type Timer } from '@strowger/runtime';
import { type HeaderInput, NameAddr, type SipResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import { type LayerContext, tellSteps } from '../layer-context.ts';
import type { MessageParts } from '../dialog-user.ts';
import { type OutgoingRequest, sendRequest } from '../outgoing-request.ts';
import { BareDialog } from './carrier.ts';
import { dialogFromRequest } from './dialog-from-request.ts';
import { eventValue } from './event-name.ts';
import type { OutgoingSubscribe, OutsideAddress, SubscribeUser } from './outgoing-subscribe.ts';
import {
  type SubscribeInput,
  type SubscribeOutput,
  type SubscribeState,
  subscribeTable,
} from './subscribe-table.ts';
import { refusalOf, Subscriber, type SubscriberWish } from './subscriber.ts';
import type { SubscriptionEnd } from './subscriber-table.ts';
import type { SubscriptionStatus } from './subscription-state.ts';

/** What is sent first, and the subscription that it asks for. */
export interface FirstRequest {
  readonly method: 'SUBSCRIBE' | 'REFER';
  readonly parts: MessageParts;
  readonly wish: SubscriberWish;
  /** Why a 2xx makes no subscription, where it does not (RFC 4488 §4). */
  noSubscription?(response: SipResponse): SubscriptionEnd | undefined;
}

/** The shell of `subscribeTable`: one request outside of dialogs and what its forks make. */
export class Subscribe implements OutgoingSubscribe {
  readonly callId: string;
  readonly localTag: string;
  private readonly context: LayerContext;
  private readonly address: OutsideAddress;
  private readonly first: FirstRequest;
  private readonly user: SubscribeUser;
  private readonly machine: Machine<SubscribeState, SubscribeInput, SubscribeOutput>;
  private readonly forks = new Set<Subscriber>();
  private request: OutgoingRequest | undefined;
  private timerN: Timer | undefined;
  private notify: ServerTransaction | undefined;
  private notifyStatus: SubscriptionStatus | undefined;
  private expiresSeconds: number;
  private isUnwanted = false;
  private grantedMs: number | undefined;

  constructor(
    context: LayerContext,
    { address, first, user }: { address: OutsideAddress; first: FirstRequest; user: SubscribeUser },
  ) {
    this.context = context;
    this.address = address;
    this.first = first;
    this.user = user;
    this.callId = context.runtime.random.token(128);
    this.localTag = context.runtime.random.token();
    this.expiresSeconds = first.wish.expiresSeconds;
    this.machine = new Machine({
      table: subscribeTable,
      initial: { name: 'waiting' },
      context: undefined,
      perform: (output) => this.perform(output),
      ...tellSteps<SubscribeState, SubscribeInput>(context, 'subscribe'),
    });
  }

  get subscriptions(): readonly Subscriber[] {
    return [...this.forks];
  }

  unsubscribe(): void {
    this.isUnwanted = true;
    for (const fork of this.forks) fork.unsubscribe();
  }

  // What follows is for the layer.

  start(): void {
    this.send();
  }

  /** A NOTIFY of a fork that has no dialog yet, with the Event that was asked for. */
  receiveNotify(notify: ServerTransaction, status: SubscriptionStatus): void {
    this.notify = notify;
    this.notifyStatus = status;
    this.machine.input({ type: 'notified' });
    this.notify = undefined;
  }

  get event() {
    return this.first.wish.event;
  }

  /** The CSeq of the request, which is the `id` of a REFER's subscription. */
  get cseq(): number {
    return this.request?.cseq ?? 1;
  }

  /** Whether a NOTIFY of a further fork is taken. */
  get isOpen(): boolean {
    return this.machine.allows('notified');
  }

  close(): void {
    this.machine.input({ type: 'close' });
  }

  private perform(output: SubscribeOutput): void {
    switch (output.type) {
      case 'adopt':
        return this.adopt();
      case 'resend':
        this.expiresSeconds = output.minSeconds;
        return this.send();
      case 'tell':
        return this.user.onFailed(output.end);
      case 'release':
        this.timerN?.cancel();
        return this.context.events.forget(this);
      default:
        output satisfies never;
    }
  }

  private send(): void {
    const { method, parts, wish } = this.first;
    const { to, from, requestUri, route, credentials, hops } = this.address;
    const address = to instanceof NameAddr ? to : new NameAddr({ uri: to });
    const asked = this.expiresSeconds;
    const subscribing: [string, HeaderInput][] = [
      ['Event', eventValue(wish.event)],
      ['Expires', asked],
    ];
    this.armTimerN();
    const headers = [...(method === 'SUBSCRIBE' ? subscribing : []), ...(parts.headers ?? [])];
    this.request = sendRequest(
      this.context,
      {
        method,
        to: address,
        from: from.withTag(this.localTag),
        requestUri: requestUri ?? address.uri,
        route,
        credentials,
        hops,
        callId: this.callId,
        cseq: this.request === undefined ? 1 : this.request.cseq + 1,
        contactParams: '',
        headers,
        body: parts.body,
      },
      {
        onResponse: (response) => this.answered(response, asked),
        onFailed: (why) => this.machine.input({ type: 'lost', end: { kind: 'failed', why } }),
      },
    );
  }

  private armTimerN(): void {
    const { runtime, timers } = this.context;
    this.timerN?.cancel();
    this.timerN = runtime.clock.arm(64 * timers.t1Ms, () => this.machine.input({ type: 'timerN' }));
  }

  private answered(response: SipResponse, asked: number): void {
    if (response.status >= 300) {
      return void this.machine.input({ type: 'refused', refusal: refusalOf(response, asked) });
    }
    const { user } = this;
    user.onAccepted?.(response);
    const end = this.first.noSubscription?.(response);
    if (end !== undefined) return void this.machine.input({ type: 'lost', end });
    const granted = response.headers.get('expires');
    if (granted !== undefined && asked > 0) this.grantedMs = granted * 1000;
    const tag = response.to.tag;
    for (const fork of this.forks) {
      if (fork.dialogId.remoteTag === tag) this.tellGranted(fork);
    }
  }

  private tellGranted(fork: Subscriber): void {
    fork.input({ type: 'answered', expiresMs: this.grantedMs });
  }

  /** Makes the dialog of a NOTIFY (RFC 6665 §4.4.1). */
  private adopt(): void {
    const { notify, notifyStatus: status, context } = this;
    if (notify === undefined || status === undefined) return;
    const { request, inbound } = notify;
    const init = dialogFromRequest(
      context,
      { ...inbound, message: request },
      { localTag: this.localTag, localSeq: this.cseq, role: 'uac' },
    );
    const carrier = new BareDialog(context, init, this.address.credentials);
    const wish = { ...this.first.wish, expiresSeconds: this.expiresSeconds };
    const fork = new Subscriber(context, context.events.dialogOf(carrier), wish);
    if (this.first.method === 'REFER') fork.madeByRefer(() => `${this.cseq}`);
    this.forks.add(fork);
    if (this.grantedMs !== undefined) this.tellGranted(fork);
    this.user.onSubscription(fork);
    fork.receive(notify, status);
    if (this.isUnwanted) fork.unsubscribe();
  }
}
