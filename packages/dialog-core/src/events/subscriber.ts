import { Machine, type Timer } from '@strowger/runtime';
import type { HeaderInput, SipRequest, SipResponse } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { DialogId } from '../dialog.ts';
import type { HeaderFields, RequestUser } from '../dialog-user.ts';
import { type LayerContext, tellSteps } from '../layer-context.ts';
import { type EventName, eventValue, isSameEvent } from './event-name.ts';
import { timerMs } from './refresh.ts';
import {
  type SubscribeRefusal,
  type SubscriberContext,
  type SubscriberInput,
  type SubscriberOutput,
  type SubscriberState,
  subscriberTable,
  type SubscriberTimer,
  type SubscriptionEnd,
} from './subscriber-table.ts';
import type { Subscription, SubscriptionUser } from './subscription.ts';
import type { SubscriptionStatus } from './subscription-state.ts';
import type { UsageDialog } from './usage-dialog.ts';
import { sendUsageRequest } from './usage-request.ts';

/** What a subscription of ours asks for, again with every SUBSCRIBE. */
export interface SubscriberWish {
  readonly event: EventName;
  /** 0 for a fetch. */
  readonly expiresSeconds: number;
  readonly headers: HeaderFields;
  readonly isRefreshed: boolean;
}

/** The shell of `subscriberTable`. */
export class Subscriber implements Subscription {
  user: SubscriptionUser = {};
  private readonly context: LayerContext;
  private readonly dialog: UsageDialog;
  private readonly wish: SubscriberWish;
  private readonly machine: Machine<
    SubscriberState,
    SubscriberInput,
    SubscriberOutput,
    SubscriberContext
  >;
  private readonly timers = new Map<SubscriberTimer, Timer>();
  private expiresSeconds: number;
  private referId: (() => string) | undefined;
  private notify: SipRequest | undefined;
  private notifyStatus: SubscriptionStatus | undefined;

  constructor(context: LayerContext, dialog: UsageDialog, wish: SubscriberWish) {
    this.context = context;
    this.dialog = dialog;
    this.wish = wish;
    this.expiresSeconds = wish.expiresSeconds;
    const timerNMs = 64 * context.timers.t1Ms;
    this.machine = new Machine({
      table: subscriberTable,
      initial: { name: 'notifyWait' },
      context: {
        timerNMs,
        defaultExpiresMs: wish.expiresSeconds === 0 ? timerNMs : wish.expiresSeconds * 1000,
        isRefreshed: wish.isRefreshed,
      },
      perform: (output) => this.perform(output),
      ...tellSteps<SubscriberState, SubscriberInput>(context, 'subscriber'),
    });
    this.arm('N', timerNMs);
    dialog.add(this);
  }

  get event(): EventName {
    return this.wish.event;
  }

  get dialogId(): DialogId {
    return this.dialog.carrier.id;
  }

  get state(): Subscription['state'] {
    const { state } = this.machine;
    if (state.name === 'refreshing') return state.phase;
    return state.name === 'closing' ? 'terminated' : state.name;
  }

  refresh(): void {
    this.machine.input({ type: 'refreshDue' });
  }

  unsubscribe(): void {
    this.machine.input({ type: 'unsubscribe' });
  }

  // What follows is for the layer.

  /** It came of a REFER: its NOTIFYs may name the REFER's CSeq as `id` (RFC 3515 §2.4.6). */
  madeByRefer(id: () => string): void {
    this.referId = id;
  }

  /** Whether a NOTIFY with this Event is for it. */
  takes(event: EventName): boolean {
    if (this.referId === undefined) return isSameEvent(this.event, event);
    return event.name === 'refer' && (event.id === undefined || event.id === this.referId());
  }

  input(input: SubscriberInput): void {
    this.machine.input(input);
  }

  /** Its order, Event and Subscription-State were checked. */
  receive(transaction: ServerTransaction, status: SubscriptionStatus): void {
    const { request } = transaction;
    transaction.respond(this.context.userAgent.response(request, 200));
    this.notify = request;
    this.notifyStatus = status;
    this.machine.input({ type: 'notified', status });
    this.notify = undefined;
  }

  /** Asks for it in its dialog; the first time in a dialog that an INVITE made. */
  subscribe(minSeconds?: number): void {
    this.expiresSeconds = Math.max(this.expiresSeconds, minSeconds ?? 0);
    this.send(this.expiresSeconds);
  }

  close(): void {
    this.machine.input({
      type: 'lost',
      end: { kind: 'failed', why: { kind: 'dialogEnded' } },
    });
  }

  private perform(output: SubscriberOutput): void {
    switch (output.type) {
      case 'subscribe':
        return this.subscribe(output.minSeconds);
      case 'unsubscribe':
        return this.send(0);
      case 'arm':
        return this.arm(output.timer, output.ms);
      case 'disarm':
        return this.disarm(output.timer);
      case 'deliver':
        return this.deliver();
      case 'tell':
        return this.tellEnd(output.end);
      case 'release':
        for (const timer of this.timers.keys()) this.disarm(timer);
        return this.dialog.remove(this);
      default:
        output satisfies never;
    }
  }

  private deliver(): void {
    const { notify: request, notifyStatus: status } = this;
    if (request !== undefined && status !== undefined) this.user.onNotify?.({ status, request });
  }

  private send(seconds: number): void {
    const event = this.referId === undefined ? this.event : { name: 'refer', id: this.referId() };
    const headers: [string, HeaderInput][] = [
      ['Event', eventValue(event)],
      ['Expires', seconds],
    ];
    const user: RequestUser = {
      onResponse: (response) => this.answered(response, seconds),
      onFailed: (why) => this.machine.input({ type: 'failed', why }),
    };
    sendUsageRequest(this.context, this.dialog.carrier, {
      method: 'SUBSCRIBE',
      parts: { headers: [...headers, ...this.wish.headers] },
      user,
    });
  }

  private answered(response: SipResponse, asked: number): void {
    if (response.status < 300) {
      const granted = response.headers.get('expires');
      const expiresMs = granted === undefined ? undefined : granted * 1000;
      // the answer to a SUBSCRIBE that was overtaken by our giving up says nothing
      this.machine.input({ type: 'answered', expiresMs: asked === 0 ? undefined : expiresMs });
    } else this.machine.input({ type: 'refused', refusal: refusalOf(response, asked) });
  }

  private arm(name: SubscriberTimer, ms: number): void {
    this.timers.get(name)?.cancel();
    const input = { N: 'timerN', expiry: 'expired', refresh: 'refreshDue' } as const;
    const fire = (): void => {
      this.timers.delete(name);
      this.machine.input({ type: input[name] });
    };
    this.timers.set(name, this.context.runtime.clock.arm(timerMs(ms), fire));
  }

  private disarm(name: SubscriberTimer): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }

  private tellEnd(end: SubscriptionEnd): void {
    const { user } = this;
    this.user = {};
    user.onEnded?.(end);
  }
}

/** What a refusal says; a Min-Expires that is no longer than what was asked for says nothing. */
export function refusalOf({ status, headers }: SipResponse, asked: number): SubscribeRefusal {
  const min = status === 423 && asked > 0 ? headers.get('min-expires') : undefined;
  const retryAfter = headers.get('retry-after')?.seconds;
  return {
    status,
    minExpiresSeconds: min === undefined || min <= asked ? undefined : min,
    retryAfterMs: retryAfter === undefined ? undefined : retryAfter * 1000,
  };
}
