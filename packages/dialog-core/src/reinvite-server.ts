import { StrowgerError } from '@strowger/runtime';
import type { SipRequest } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { DialogShell } from './dialog-shell.ts';
import type {
  IncomingReinviteUser,
  MessageParts,
  ProvisionalParts,
  RefusalParts,
} from './dialog-user.ts';
import type { IncomingReinvite } from './incoming-invite.ts';
import { InviteServer } from './invite-server.ts';
import type { InviteServerOutcome } from './invite-server-table.ts';
import type { LayerContext } from './layer-context.ts';
import { sendProvisional, successParts } from './invite-responses.ts';
import { checkProvisional, checkRefusal } from './status.ts';
import type { ResponseParts } from './user-agent.ts';

/** A re-INVITE of the peer (RFC 3261 §14.2). */
export class ReinviteServer implements IncomingReinvite {
  user: IncomingReinviteUser = {};
  private readonly context: LayerContext;
  private readonly dialog: DialogShell;
  private readonly transaction: ServerTransaction;
  private readonly server: InviteServer;

  constructor(context: LayerContext, dialog: DialogShell, transaction: ServerTransaction) {
    this.context = context;
    this.dialog = dialog;
    this.transaction = transaction;
    this.server = new InviteServer({
      context,
      transaction,
      localTag: dialog.id.localTag,
      onFinish: (outcome) => this.finish(outcome),
    });
    dialog.usage.inviteReceived(this.server);
    dialog.changed();
  }

  get request(): SipRequest {
    return this.transaction.request;
  }

  get inbound(): Inbound {
    return this.transaction.inbound;
  }

  get pending(): boolean {
    return this.server.isPending;
  }

  progress(status: number, parts: ProvisionalParts = {}): void {
    checkProvisional(status);
    if (!this.pending) return;
    const contact = status > 100 ? this.dialog.record.contact : undefined;
    const { context, dialog, server } = this;
    const whole = ({ headers, body }: MessageParts, capabilities: boolean): ResponseParts => ({
      headers,
      body,
      contact,
      capabilities,
    });
    sendProvisional({ context, dialog, server }, { status, parts, whole });
    // RFC 6141 §4: a reliable response has accepted the new target
    if (server.isAwaitingPrack) dialog.record.refreshTarget(this.request, this.inbound.hop);
  }

  accept(parts: MessageParts = {}): void {
    this.checkPending();
    this.dialog.record.refreshTarget(this.request, this.inbound.hop);
    const { usage, record } = this.dialog;
    const described = successParts(usage.offers, parts);
    const headers = [...(parts.headers ?? []), ...usage.timer.answer(this.request)];
    const contact = record.contact;
    const full = { ...described, headers, contact, capabilities: true };
    this.server.accept(this.context.userAgent.response(this.request, 200, full));
    this.dialog.changed();
  }

  reject(status: number, parts: RefusalParts = {}): void {
    checkRefusal(status);
    this.checkPending();
    this.server.reject(this.context.userAgent.response(this.request, status, parts));
  }

  private checkPending(): void {
    if (!this.pending) {
      throw new StrowgerError('INVITE_ANSWERED', 'this re-INVITE has its final response');
    }
  }

  private finish(outcome: InviteServerOutcome): void {
    this.dialog.usage.inviteServerFinished(this.server, outcome);
    switch (outcome.kind) {
      case 'cancelled':
        this.user.onCancel?.(outcome.cancel);
        return;
      case 'acknowledged':
        this.user.onAck?.(outcome.ack);
        return;
      case 'noAck':
        this.user.onNoAck?.();
        this.dialog.giveUp({ kind: 'noAck' });
        return;
      case 'expired':
      case 'noPrack':
        this.user.onExpired?.();
        return;
      case 'refused':
      case 'bye':
      case 'ended':
        return;
      default:
        outcome satisfies never;
    }
  }
}
