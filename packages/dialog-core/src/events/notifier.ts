import { Machine, type Timer } from '@strowger/runtime';
import type { HeaderInput, SipRequest, SipResponse } from '@strowger/sip-message';
import type { DialogId } from '../dialog.ts';
import type { Body } from '../dialog-user.ts';
import { type LayerContext, tellSteps } from '../layer-context.ts';
import { type EventName, eventValue, isSameEvent } from './event-name.ts';
import type { NotifierSubscription, NotifierUser } from './notifier-subscription.ts';
import {
  type NotifierEnd,
  type NotifierInput,
  type NotifierOutput,
  type NotifierState,
  notifierTable,
  type NotifyContent,
  type Termination,
} from './notifier-table.ts';
import { timerMs } from './refresh.ts';
import { statusValue } from './subscription-state.ts';
import type { UsageDialog } from './usage-dialog.ts';
import { sendUsageRequest } from './usage-request.ts';

/** A NOTIFY that was refused for now is sent so many times more. */
const MOST_RETRIES = 3;
/** A peer that asks for a longer pause is taken to have refused for good. */
const LONGEST_PAUSE_SECONDS = 32;

export interface NotifierInit {
  readonly event: EventName;
  readonly state: 'pending' | 'active';
  readonly expiresMs: number;
  readonly user: NotifierUser;
  /** The CSeq of the REFER that made it: an `id` that its subscriber may use (RFC 3515 §2.4.6). */
  readonly referId?: string;
  /** Nothing more is sent: the last NOTIFY was answered, or nobody listens any more. */
  readonly onReleased?: () => void;
}

/** The shell of `notifierTable`: one NOTIFY at a time. */
export class Notifier implements NotifierSubscription {
  readonly event: EventName;
  private readonly referId: string | undefined;
  private readonly onReleased: (() => void) | undefined;
  user: NotifierUser;
  private readonly context: LayerContext;
  private readonly dialog: UsageDialog;
  private readonly machine: Machine<NotifierState, NotifierInput, NotifierOutput>;
  private expiry: Timer | undefined;
  private expiresAt = 0;
  private waiting: NotifyContent[] = [];
  private isSending = false;
  private pause: Timer | undefined;
  private retries = 0;

  constructor(context: LayerContext, dialog: UsageDialog, init: NotifierInit) {
    this.context = context;
    this.dialog = dialog;
    this.event = init.event;
    this.referId = init.referId;
    this.onReleased = init.onReleased;
    this.user = init.user;
    this.machine = new Machine({
      table: notifierTable,
      initial: { name: init.state },
      context: undefined,
      perform: (output) => this.perform(output),
      ...tellSteps<NotifierState, NotifierInput>(context, 'notifier'),
    });
    dialog.add(this);
  }

  get dialogId(): DialogId {
    return this.dialog.carrier.id;
  }

  get state(): NotifierSubscription['state'] {
    const { name } = this.machine.state;
    return name === 'ending' ? 'terminated' : name;
  }

  get expiresSeconds(): number {
    return Math.max(0, Math.ceil((this.expiresAt - this.context.runtime.clock.now()) / 1000));
  }

  notify(body?: Body): void {
    this.machine.input({ type: 'notify', body });
  }

  activate(): void {
    this.machine.input({ type: 'activate' });
  }

  terminate(how: Termination = {}): void {
    this.machine.input({ type: 'terminate', how });
  }

  // What follows is for the layer.

  /** Whether a SUBSCRIBE with this Event is for it. */
  takes(event: EventName): boolean {
    if (isSameEvent(this.event, event)) return true;
    return event.name === 'refer' && event.id !== undefined && event.id === this.referId;
  }

  /** A SUBSCRIBE was accepted: the first, one for more time, or one with Expires 0. */
  accepted(seconds: number, isFirst: boolean): void {
    if (seconds > 0) this.machine.input({ type: 'refreshed', expiresMs: seconds * 1000 });
    else this.machine.input({ type: 'unsubscribed', isFetch: isFirst });
  }

  /** The subscriber asks for more time; answered with 200. */
  refreshed(subscribe: SipRequest, seconds: number): void {
    if (seconds > 0) this.user.onRefresh?.(subscribe);
    this.accepted(seconds, false);
  }

  close(): void {
    this.machine.input({ type: 'lost', why: { kind: 'dialogEnded' } });
  }

  private perform(output: NotifierOutput): void {
    switch (output.type) {
      case 'send':
        return this.enqueue(output.content);
      case 'armExpiry':
        return this.armExpiry(output.ms);
      case 'tell':
        return this.tellEnd(output.end);
      case 'release':
        this.expiry?.cancel();
        this.pause?.cancel();
        this.dialog.remove(this);
        return this.onReleased?.();
      default:
        output satisfies never;
    }
  }

  private armExpiry(ms: number): void {
    const { clock } = this.context.runtime;
    this.expiry?.cancel();
    this.expiresAt = clock.now() + timerMs(ms);
    this.expiry = clock.arm(timerMs(ms), () => this.machine.input({ type: 'expired' }));
  }

  private enqueue(content: NotifyContent): void {
    // asked now: after the end there is no owner to ask
    const body = content.body === 'whole' ? this.user.content?.(content.state) : content.body;
    if (content.state === 'terminated') this.expiry?.cancel();
    this.waiting.push({ ...content, body });
    if (this.waiting.length > this.context.events.options.waitingNotifies) {
      this.waiting = [{ ...content, body: this.user.content?.(content.state) ?? body }];
    }
    if (this.isSending) return;
    this.isSending = true;
    // the answer to the SUBSCRIBE or REFER that asked for it goes first
    this.sendAfter(0);
  }

  private sendAfter(ms: number): void {
    this.pause?.cancel();
    this.pause = this.context.runtime.clock.arm(ms, () => this.sendNext());
  }

  private sendNext(): void {
    const [content] = this.waiting;
    this.isSending = content !== undefined;
    if (content === undefined) return;
    const { state, reason, retryAfterSeconds } = content;
    const expiresSeconds = state === 'terminated' ? undefined : this.expiresSeconds;
    const status = { state, reason, retryAfterSeconds, expiresSeconds };
    const headers: [string, HeaderInput][] = [
      ['Event', eventValue(this.event)],
      ['Subscription-State', statusValue(status)],
    ];
    const body = content.body === 'whole' ? undefined : content.body;
    sendUsageRequest(this.context, this.dialog.carrier, {
      method: 'NOTIFY',
      parts: { headers, body },
      user: {
        onResponse: (response) => this.answered(response, content),
        onFailed: (why) => this.machine.input({ type: 'notifyFailed', why }),
      },
    });
  }

  private answered(response: SipResponse, content: NotifyContent): void {
    const { status } = response;
    if (status >= 300) return this.refused(response);
    this.retries = 0;
    // more may have become one while it was under way: then it is not the first any more
    if (this.waiting[0] === content) this.waiting.shift();
    if (content.state === 'terminated') this.machine.input({ type: 'finished' });
    else this.sendNext();
  }

  private refused({ status, headers }: SipResponse): void {
    const seconds = headers.get('retry-after')?.seconds;
    const isRetried =
      seconds !== undefined && seconds <= LONGEST_PAUSE_SECONDS && this.retries < MOST_RETRIES;
    if (isRetried) {
      this.retries++;
      this.sendAfter(seconds * 1000);
    }
    this.machine.input({ type: 'notifyRefused', status, isRetried });
  }

  private tellEnd(end: NotifierEnd): void {
    const { user } = this;
    this.user = {};
    user.onEnded?.(end);
  }
}
