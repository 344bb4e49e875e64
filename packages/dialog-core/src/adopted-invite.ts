import type { SipRequest, SipResponse } from '@strowger/sip-message';
import type { Inbound, ServerTransaction } from '@strowger/transaction-core';
import type { DialogShell } from './dialog-shell.ts';
import { InviteServer } from './invite-server.ts';
import type { InviteServerOutcome } from './invite-server-table.ts';
import type { LayerContext } from './layer-context.ts';
import { refuseBusy } from './refusal.ts';

/** An INVITE that another process has received. */
export interface AdoptedInvite {
  readonly inbound: Inbound;
  /** The 2xx that it sent. */
  readonly response?: SipResponse;
  /** Whether that brought an offer. */
  readonly isOffer: boolean;
}

interface Adoption extends AdoptedInvite {
  readonly transaction: ServerTransaction;
  readonly onAck: ((ack: SipRequest) => void) | undefined;
}

/**
 * Goes on with the peer's INVITE: a 2xx is repeated until its ACK comes. One without an answer gets
 * 500 with Retry-After: its owner is gone, and the peer asks again (RFC 3261 §14.2).
 */
export function adoptInvite(context: LayerContext, dialog: DialogShell, adoption: Adoption): void {
  const { transaction, response, isOffer, onAck } = adoption;
  if (response === undefined) return refuseBusy(context, transaction);
  const { usage, id } = dialog;
  usage.offers.inviteReceived(false);
  if (isOffer) usage.offers.responseSent();
  const server: InviteServer = new InviteServer({
    context,
    transaction,
    localTag: id.localTag,
    onFinish: (outcome) => finish(dialog, server, outcome, onAck),
  });
  usage.inviteReceived(server);
  server.accept(response);
}

function finish(
  dialog: DialogShell,
  server: InviteServer,
  outcome: InviteServerOutcome,
  onAck: Adoption['onAck'],
): void {
  dialog.usage.inviteServerFinished(server, outcome);
  if (outcome.kind === 'noAck') return dialog.giveUp({ kind: 'noAck' });
  if (outcome.kind !== 'acknowledged') return;
  dialog.acknowledged();
  if (dialog.isLive) onAck?.(outcome.ack);
}
