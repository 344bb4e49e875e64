import { StrowgerError } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import type { ServerTransaction } from '@strowger/transaction-core';
import type { DialogShell } from '../dialog-shell.ts';
import type { DialogUser } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import { refuse, refuseUnknownOptions } from '../refusal.ts';
import type { Carrier } from './carrier.ts';
import type { EventStateCompositor } from './compositor.ts';
import { eventOf, isSameEvent } from './event-name.ts';
import { type EventOptions, grantedSeconds } from './event-options.ts';
import type { Publication } from './publication.ts';
import { Subscribe } from './subscribe.ts';
import { SubscribeRequest } from './subscribe-request.ts';
import { statusOf } from './subscription-state.ts';
import { UsageDialog } from './usage-dialog.ts';

/** All subscriptions of one layer, by dialog, and our requests that may still make some. */
export class EventCentre {
  readonly options: EventOptions;
  private readonly context: LayerContext;
  private readonly user: DialogUser;
  private readonly dialogs = new Map<string, UsageDialog>();
  private readonly attempts = new Map<string, Subscribe>();
  private readonly publications = new Set<Publication>();
  private readonly compositors = new Set<EventStateCompositor>();
  private readonly referred = new WeakSet<object>();
  private subscriptions = 0;

  constructor(context: LayerContext, user: DialogUser, options: EventOptions) {
    this.context = context;
    this.user = user;
    this.options = options;
  }

  /** Subscriptions of both sides, and requests of ours that may make some. */
  get size(): number {
    return this.attempts.size + this.subscriptions;
  }

  /** Our publications, and what others published here. */
  get published(): number {
    let size = this.publications.size;
    for (const compositor of this.compositors) size += compositor.size;
    return size;
  }

  publish(publication: Publication): void {
    this.publications.add(publication);
    publication.start();
  }

  withdraw(publication: Publication): void {
    this.publications.delete(publication);
  }

  compose(compositor: EventStateCompositor): void {
    this.compositors.add(compositor);
  }

  /** The subscriptions of a dialog. */
  dialogOf(carrier: Carrier): UsageDialog {
    const key = keyOf(carrier.id);
    const known = this.dialogs.get(key);
    if (known !== undefined) return known;
    const made: UsageDialog = new UsageDialog(this.context, carrier, (change) => {
      this.subscriptions += change;
      if (made.size === 0) this.dialogs.delete(key);
    });
    this.dialogs.set(key, made);
    return made;
  }

  /** Throws `TOO_MANY_SUBSCRIPTIONS` at a limit. */
  checkRoom(carrier?: Carrier): void {
    if (this.hasRoom(carrier)) return;
    throw new StrowgerError('TOO_MANY_SUBSCRIPTIONS', 'the limit of subscriptions is reached');
  }

  /** Keeps our request until no further fork can notify. */
  keep(attempt: Subscribe): void {
    this.attempts.set(`${attempt.callId}\n${attempt.localTag}`, attempt);
  }

  forget(attempt: Subscribe): void {
    this.attempts.delete(`${attempt.callId}\n${attempt.localTag}`);
  }

  /** Whether it is the first REFER of this dialog: only later ones need an `id` (RFC 3515 §2.4.6). */
  isFirstRefer({ record }: Carrier): boolean {
    if (this.referred.has(record)) return false;
    this.referred.add(record);
    return true;
  }

  /** Takes a SUBSCRIBE or NOTIFY within a dialog that an INVITE made; false for none of ours. */
  receiveIn(shell: DialogShell, transaction: ServerTransaction): boolean {
    const { method } = transaction;
    if (method === 'NOTIFY') {
      const usages = this.dialogs.get(keyOf(shell.id));
      if (usages === undefined) refuse(this.context, transaction, 481);
      else usages.receiveNotify(transaction);
      return true;
    }
    return method === 'SUBSCRIBE' && this.receiveSubscribe(transaction, shell, shell.isLive);
  }

  /** Whether a request with a To tag belongs to a subscription, or is the first NOTIFY of a fork. */
  knows(request: SipRequest): boolean {
    if (this.dialogs.has(keyOfRequest(request))) return true;
    return request.method === 'NOTIFY' && this.attemptOf(request) !== undefined;
  }

  /** Takes a request with a To tag that belongs to no dialog of an INVITE; false for none of ours. */
  receive(transaction: ServerTransaction): boolean {
    const { request, method } = transaction;
    const key = keyOfRequest(request);
    const dialog = this.dialogs.get(key);
    if (dialog === undefined) return method === 'NOTIFY' && this.receiveFork(transaction);
    if (!dialog.carrier.record.takeCSeq(request.cseq.number)) {
      refuse(this.context, transaction, 500);
      return true;
    }
    if (refuseUnknownOptions(this.context, transaction)) return true;
    if (method === 'NOTIFY') dialog.receiveNotify(transaction);
    else if (method === 'SUBSCRIBE') return this.receiveSubscribe(transaction, dialog.carrier);
    else refuse(this.context, transaction, method === 'BYE' ? 481 : 405, this.allow());
    return true;
  }

  /** Takes a SUBSCRIBE outside of dialogs; false where the owner takes none. */
  receiveOutside(transaction: ServerTransaction): boolean {
    return this.receiveSubscribe(transaction, undefined);
  }

  close(): void {
    for (const attempt of this.attempts.values()) attempt.close();
    for (const dialog of this.dialogs.values()) dialog.close();
    for (const publication of this.publications) publication.close();
    for (const compositor of this.compositors) compositor.close();
  }

  private receiveFork(transaction: ServerTransaction): boolean {
    const { request } = transaction;
    const attempt = this.attemptOf(request);
    if (attempt === undefined) return false;
    const event = eventOf(request.headers);
    const status = statusOf(request.headers);
    const fits =
      event !== undefined &&
      (isSameEvent(event, attempt.event) ||
        (event.name === 'refer' && event.name === attempt.event.name));
    if (!fits || status === undefined) {
      refuse(this.context, transaction, fits || event === undefined ? 400 : 481);
    } else if (this.subscriptions >= this.options.subscriptions)
      refuse(this.context, transaction, 481);
    else attempt.receiveNotify(transaction, status);
    return true;
  }

  /** Our request that a NOTIFY of a further fork may belong to. */
  private attemptOf({ callId, to }: SipRequest): Subscribe | undefined {
    const attempt = this.attempts.get(`${callId}\n${to.tag ?? ''}`);
    return attempt?.isOpen === true ? attempt : undefined;
  }

  private receiveSubscribe(
    transaction: ServerTransaction,
    carrier: Carrier | undefined,
    mayBeNew = true,
  ): boolean {
    const { context, options } = this;
    const { headers } = transaction.request;
    const event = eventOf(headers);
    const notifier = this.notifierOf(carrier, transaction);
    if (notifier === undefined) {
      if (this.user.onSubscribe === undefined || !mayBeNew) return false;
      if (event === undefined) return refused(context, transaction, 400);
      if (!options.packages.includes(event.name)) {
        return refused(context, transaction, 489, [['Allow-Events', options.packages.join(', ')]]);
      }
    }
    const expiresSeconds = grantedSeconds(headers.get('expires'), options);
    if (expiresSeconds === 'tooBrief') {
      return refused(context, transaction, 423, [['Min-Expires', `${options.minSeconds}`]]);
    }
    if (notifier !== undefined && carrier !== undefined) {
      this.refresh(transaction, carrier, expiresSeconds);
    } else if (event !== undefined) {
      if (!this.hasRoom(carrier)) {
        return refused(context, transaction, 503, [['Retry-After', '30']]);
      }
      const init = { transaction, event, expiresSeconds, carrier };
      this.user.onSubscribe?.(new SubscribeRequest(context, init));
    }
    return true;
  }

  private notifierOf(carrier: Carrier | undefined, { request }: ServerTransaction) {
    const event = eventOf(request.headers);
    if (carrier === undefined || event === undefined) return undefined;
    const notifier = this.dialogs.get(keyOf(carrier.id))?.notifierOf(event);
    return notifier?.state === 'terminated' ? undefined : notifier;
  }

  private refresh(transaction: ServerTransaction, carrier: Carrier, seconds: number): void {
    const { request, inbound } = transaction;
    carrier.record.refreshTarget(request, inbound.hop);
    const contact = carrier.record.contact;
    const headers: [string, string][] = [['Expires', `${seconds}`]];
    const { userAgent } = this.context;
    transaction.respond(userAgent.response(request, 200, { contact, headers }));
    this.notifierOf(carrier, transaction)?.refreshed(request, seconds);
  }

  private hasRoom(carrier?: Carrier): boolean {
    const { subscriptions, perDialog } = this.options;
    const here = carrier === undefined ? undefined : this.dialogs.get(keyOf(carrier.id));
    return this.size + this.publications.size < subscriptions && (here?.size ?? 0) < perDialog;
  }

  private allow(): [string, string][] {
    return [['Allow', this.context.userAgent.allow.join(', ')]];
  }
}

function refused(...args: Parameters<typeof refuse>): true {
  refuse(...args);
  return true;
}

function keyOf(id: { callId: string; localTag: string; remoteTag: string }): string {
  return `${id.callId}\n${id.localTag}\n${id.remoteTag}`;
}

function keyOfRequest({ callId, to, from }: SipRequest): string {
  return keyOf({ callId, localTag: to.tag ?? '', remoteTag: from.tag ?? '' });
}
