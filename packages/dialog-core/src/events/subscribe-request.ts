import { StrowgerError } from '@strowger/runtime';
import type { HeaderInput, SipRequest } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { RefusalParts } from '../dialog-user.ts';
import type { LayerContext } from '../layer-context.ts';
import { checkRefusal } from '../status.ts';
import { BareDialog, type Carrier } from './carrier.ts';
import { dialogFromRequest } from './dialog-from-request.ts';
import type { EventName } from './event-name.ts';
import type { IncomingSubscribe, SubscribeAcceptance } from './incoming-subscribe.ts';
import { Notifier } from './notifier.ts';

/** A SUBSCRIBE that was looked at. */
export interface SubscribeRequestInit {
  readonly transaction: ServerTransaction;
  readonly event: EventName;
  readonly expiresSeconds: number;
  /** The dialog that it came in. */
  readonly carrier: Carrier | undefined;
}

/** A SUBSCRIBE of a peer that waits for its owner. */
export class SubscribeRequest implements IncomingSubscribe {
  readonly event: EventName;
  readonly expiresSeconds: number;
  private readonly context: LayerContext;
  private readonly init: SubscribeRequestInit;
  private isPending = true;

  constructor(context: LayerContext, init: SubscribeRequestInit) {
    this.context = context;
    this.init = init;
    this.event = init.event;
    this.expiresSeconds = init.expiresSeconds;
    init.transaction.user = {
      onTerminated: () => {
        this.isPending = false;
      },
    };
  }

  get request(): SipRequest {
    return this.init.transaction.request;
  }

  get inbound(): Inbound {
    return this.init.transaction.inbound;
  }

  get isInDialog(): boolean {
    return this.init.carrier !== undefined;
  }

  get pending(): boolean {
    return this.isPending;
  }

  accept(how: SubscribeAcceptance = {}): Notifier {
    this.settle();
    const { state = 'active', user = {} } = how;
    const seconds = Math.min(how.expiresSeconds ?? this.expiresSeconds, this.expiresSeconds);
    const { carrier, isNew } = this.openCarrier();
    const headers: [string, HeaderInput][] = [['Expires', seconds]];
    respondMaking(this.context, this.init.transaction, { carrier, isNew, status: 200, headers });
    const notifier = new Notifier(this.context, this.context.events.dialogOf(carrier), {
      event: this.event,
      state,
      expiresMs: seconds * 1000,
      user,
    });
    notifier.accepted(seconds, true);
    return notifier;
  }

  reject(status: number, parts: RefusalParts = {}): void {
    checkRefusal(status);
    this.settle();
    const { transaction } = this.init;
    transaction.respond(this.context.userAgent.response(this.request, status, parts));
  }

  private openCarrier(): { carrier: Carrier; isNew: boolean } {
    const { carrier, transaction } = this.init;
    if (carrier !== undefined) return { carrier, isNew: false };
    return { carrier: newCarrier(this.context, transaction), isNew: true };
  }

  private settle(): void {
    if (!this.isPending) {
      throw new StrowgerError('SUBSCRIBE_ANSWERED', 'this SUBSCRIBE has its final response');
    }
    this.isPending = false;
  }
}

/** The dialog that a request of the peer makes (RFC 3261 §12.1.1). */
export function newCarrier(context: LayerContext, transaction: ServerTransaction): BareDialog {
  const { request, inbound, localTag } = transaction;
  const made = { localTag, localSeq: 0, role: 'uas' as const };
  const init = dialogFromRequest(context, { ...inbound, message: request }, made);
  return new BareDialog(context, init);
}

/** Answers a request with a 2xx, which makes its dialog where there was none. */
export function respondMaking(
  { userAgent }: LayerContext,
  transaction: ServerTransaction,
  answer: { carrier: Carrier; isNew: boolean; status: number; headers: [string, HeaderInput][] },
): void {
  const { carrier, isNew, status, headers } = answer;
  const contact = carrier.record.contact;
  const making = isNew ? { toTag: transaction.localTag, recordRoute: true } : {};
  const response = userAgent.response(transaction.request, status, { ...making, contact, headers });
  transaction.respond(response);
}
