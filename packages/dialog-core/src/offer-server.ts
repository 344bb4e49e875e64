import { StrowgerError } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import { hasDescription } from './description.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { IncomingOfferUser, MessageParts, RefusalParts } from './dialog-user.ts';
import type { IncomingOffer } from './incoming-offer.ts';
import type { LayerContext } from './layer-context.ts';
import { checkRefusal } from './status.ts';

/** An offer of the peer in a PRACK or UPDATE, until its answer (RFC 3262 §5, RFC 3311 §5.2). */
export class OfferServer implements IncomingOffer {
  user: IncomingOfferUser = {};
  private readonly context: LayerContext;
  private readonly dialog: DialogShell;
  private readonly transaction: ServerTransaction;
  private readonly by: 'prack' | 'update';
  private isOpen = true;

  constructor(
    context: LayerContext,
    dialog: DialogShell,
    { transaction, by }: { transaction: ServerTransaction; by: 'prack' | 'update' },
  ) {
    this.context = context;
    this.dialog = dialog;
    this.transaction = transaction;
    this.by = by;
    dialog.usage.offers.receiveOffer(by);
    // the peer has given up, and nothing of its offer holds
    transaction.user = { onTimeout: () => this.withdrawn() };
  }

  get request(): SipRequest {
    return this.transaction.request;
  }

  get inbound(): Inbound {
    return this.transaction.inbound;
  }

  get pending(): boolean {
    return this.isOpen;
  }

  accept(parts: MessageParts = {}): void {
    this.checkPending();
    const { dialog, request, context } = this;
    const full =
      this.by === 'update' ? dialog.usage.updateAccepted(this.transaction, parts) : parts;
    const response = context.userAgent.response(request, 200, full);
    this.isOpen = false;
    this.transaction.respond(response);
    dialog.usage.offers.answerSent(this.by, hasDescription(parts));
  }

  reject(status: number, parts: RefusalParts = {}): void {
    checkRefusal(status);
    this.checkPending();
    const response = this.context.userAgent.response(this.request, status, parts);
    this.isOpen = false;
    this.transaction.respond(response);
    this.dialog.usage.offers.rollback('offerReceived', this.by);
  }

  /** The dialog is over (RFC 3261 §15.1.2). */
  close(): void {
    if (this.isOpen) this.reject(487);
  }

  private withdrawn(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.dialog.usage.offers.rollback('offerReceived', this.by);
    this.user.onWithdrawn?.();
  }

  private checkPending(): void {
    if (this.isOpen) return;
    throw new StrowgerError('OFFER_ANSWERED', 'this offer has its final response');
  }
}
