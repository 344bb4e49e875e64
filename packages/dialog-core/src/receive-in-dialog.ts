import type { ServerTransaction } from '@strowger/transaction-core';
import { isDescribed } from './description.ts';
import type { DialogShell } from './dialog-shell.ts';
import { refuseInfoPackage } from './events/info-package.ts';
import { takeRefer } from './events/refer-request.ts';
import { judgeReinvite } from './glare.ts';
import type { LayerContext } from './layer-context.ts';
import type { OfferVerdict } from './offer-answer.ts';
import { receivePrack } from './prack.ts';
import { refuse, refuseBusy, refuseShortInterval, refuseUnknownOptions } from './refusal.ts';
import { ReinviteServer } from './reinvite-server.ts';

/** Takes a request in a dialog: its order, what it requires, then its method (RFC 3261 §12.2.2). */
export function receiveInDialog(
  context: LayerContext,
  dialog: DialogShell,
  transaction: ServerTransaction,
): void {
  const { request, method } = transaction;
  const { userAgent } = context;
  const isEvent = method === 'NOTIFY' || method === 'SUBSCRIBE';
  // subscriptions may outlive the call (RFC 5057 §4.2)
  if (!dialog.isLive && method !== 'BYE' && !isEvent) return refuse(context, transaction, 481);
  if (!dialog.record.takeCSeq(request.cseq.number)) return refuse(context, transaction, 500);
  if (refuseUnknownOptions(context, transaction)) return;
  if (isEvent && context.events.receiveIn(dialog, transaction)) return;
  if (!dialog.isLive && isEvent) return refuse(context, transaction, 481);
  if (refuseInfoPackage(context, transaction)) return;
  if (method === 'REFER' && dialog.user.onRefer !== undefined) {
    const refer = takeRefer(context, transaction, dialog);
    if (refer !== undefined) dialog.user.onRefer(refer);
    return;
  }
  if (method === 'BYE') {
    transaction.respond(userAgent.response(request, 200));
    return dialog.receiveBye(request);
  }
  if (method === 'INVITE') return receiveReinvite(context, dialog, transaction);
  const isAllowed = userAgent.allow.includes(method);
  if (method === 'PRACK' && isAllowed) return receivePrack(context, dialog, transaction);
  if (method === 'UPDATE' && isAllowed) return receiveUpdate(context, dialog, transaction);
  if (dialog.user.onRequest !== undefined) return dialog.user.onRequest(transaction);
  refuse(context, transaction, 405, [['Allow', userAgent.allow.join(', ')]]);
}

function receiveReinvite(
  context: LayerContext,
  dialog: DialogShell,
  transaction: ServerTransaction,
): void {
  if (refuseShortInterval(context, transaction)) return;
  const { usage } = dialog;
  const { inviteServer } = usage;
  const verdict = judgeReinvite({
    ours: usage.hasInviteUnderWay,
    theirs: inviteServer?.isUnanswered === true,
    unacknowledged: usage.isShortOfAcks,
  });
  const judged = verdict === 'take' ? usage.offers.verdict : verdict;
  if (refuseOffer(context, transaction, judged)) return;
  if (dialog.user.onReinvite === undefined) return refuse(context, transaction, 488);
  dialog.record.noteCapabilities(transaction.request);
  usage.offers.inviteReceived(isDescribed(transaction.request));
  dialog.user.onReinvite(new ReinviteServer(context, dialog, transaction));
}

/** RFC 3311 §5.2: one UPDATE at a time, and no offer while one of either side has no answer. */
function receiveUpdate(
  context: LayerContext,
  dialog: DialogShell,
  transaction: ServerTransaction,
): void {
  const { request } = transaction;
  const { usage } = dialog;
  if (refuseShortInterval(context, transaction)) return;
  if (usage.hasOfferPending) return refuseBusy(context, transaction);
  dialog.record.noteCapabilities(request);
  if (!isDescribed(request)) {
    const response = context.userAgent.response(
      request,
      200,
      usage.updateAccepted(transaction, {}),
    );
    transaction.respond(response);
    return dialog.user.onUpdated?.(request);
  }
  if (refuseOffer(context, transaction, usage.offers.verdict)) return;
  if (dialog.user.onUpdate === undefined) return refuse(context, transaction, 488);
  dialog.user.onUpdate(usage.takeOffer(transaction, 'update'));
}

function refuseOffer(
  context: LayerContext,
  transaction: ServerTransaction,
  verdict: OfferVerdict,
): boolean {
  if (verdict === 'serverBusy') refuseBusy(context, transaction);
  if (verdict === 'requestPending') refuse(context, transaction, 491);
  return verdict !== 'take';
}
