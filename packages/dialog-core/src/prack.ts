import { StrowgerError } from '@strowger/runtime';
import type { ServerTransaction } from '@strowger/transaction-core';
import { hasDescription, isDescribed } from './description.ts';
import { sendDialogRequest } from './dialog-request.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { Body, UpdateUser } from './dialog-user.ts';
import type { LayerContext } from './layer-context.ts';
import type { IncomingOffer } from './incoming-offer.ts';
import { refuse, refuseBusy } from './refusal.ts';
import { type RAck, readRAck } from './rseq.ts';

/** Who asks for nothing hears nothing. */
const NOBODY: UpdateUser = { onAccepted() {}, onRejected() {}, onFailed() {} };

/** Acknowledges a reliable provisional response (RFC 3262 §4); with an answer, or an offer (§5). */
export function sendPrack(
  context: LayerContext,
  dialog: DialogShell,
  { rack, body, user = NOBODY }: { rack: RAck; body: Body | undefined; user?: UpdateUser },
): void {
  const { offers } = dialog.usage;
  const described = hasDescription({ body });
  const isOffer = described && !offers.acknowledgedWithAnswer();
  if (isOffer && !offers.isSettled) {
    throw new StrowgerError('OFFER_PENDING', 'the last offer has no answer yet');
  }
  if (isOffer) offers.offer('prack');
  if (!described) offers.rollback('offerReceived', 'response');
  const headers: [string, string][] = [['RAck', `${rack.rseq} ${rack.cseq} INVITE`]];
  sendDialogRequest(context, {
    dialog,
    method: 'PRACK',
    parts: { headers, body },
    user: {
      onResponse: (response) => {
        const isAccepted = response.status < 300;
        if (isAccepted) offers.answerReceived('prack', isDescribed(response));
        else offers.rollback('offerSent', 'prack');
        if (isAccepted) user.onAccepted(response);
        else user.onRejected(response);
      },
      onFailed: (reason) => {
        offers.rollback('offerSent', 'prack');
        user.onFailed(reason);
      },
    },
  });
}

/** Takes a PRACK: it fits what was sent reliably, or gets 481 (RFC 3262 §3). */
export function receivePrack(
  context: LayerContext,
  dialog: DialogShell,
  transaction: ServerTransaction,
): void {
  const { request } = transaction;
  const { inviteServer, offers } = dialog.usage;
  const rack = readRAck(request);
  if (rack === undefined || inviteServer?.expects(rack) !== true) {
    return refuse(context, transaction, 481);
  }
  const described = isDescribed(request);
  if (described && !offers.answeredByAcknowledgement()) offered(context, dialog, transaction);
  else {
    if (!described) offers.rollback('offerSent', 'response');
    transaction.respond(context.userAgent.response(request, 200));
    if (described) dialog.user.onPrack?.(answerIn(transaction));
  }
  inviteServer.receivePrack();
}

function offered(context: LayerContext, dialog: DialogShell, transaction: ServerTransaction): void {
  const { verdict } = dialog.usage.offers;
  if (verdict === 'serverBusy') return refuseBusy(context, transaction);
  if (verdict === 'requestPending') return refuse(context, transaction, 491);
  if (dialog.user.onPrack === undefined) return refuse(context, transaction, 488);
  dialog.user.onPrack(dialog.usage.takeOffer(transaction, 'prack'));
}

/** A PRACK with the answer to our offer: its 200 is sent. */
function answerIn({ request, inbound }: ServerTransaction): IncomingOffer {
  const late = (): never => {
    throw new StrowgerError('OFFER_ANSWERED', 'this PRACK brings no offer');
  };
  return { request, inbound, pending: false, user: {}, accept: late, reject: late };
}
