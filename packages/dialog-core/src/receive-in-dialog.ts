import type { ServerTransaction } from '@strowger/transaction-core';
import type { DialogShell } from './dialog-shell.ts';
import { judgeReinvite, retryAfterSeconds } from './glare.ts';
import { ReinviteServer } from './reinvite-server.ts';
import type { LayerContext } from './layer-context.ts';

/** Takes a request in a dialog: its order, what it requires, then its method (RFC 3261 §12.2.2). */
export function receiveInDialog(
  context: LayerContext,
  dialog: DialogShell,
  transaction: ServerTransaction,
): void {
  const { request, method } = transaction;
  const { userAgent } = context;
  if (!dialog.isLive && method !== 'BYE') return refuse(context, transaction, 481);
  if (!dialog.record.takeCSeq(request.cseq.number)) return refuse(context, transaction, 500);
  if (refuseUnknownOptions(context, transaction)) return;
  if (method === 'BYE') {
    transaction.respond(userAgent.response(request, 200));
    dialog.receiveBye(request);
  } else if (method === 'INVITE') {
    receiveReinvite(context, dialog, transaction);
  } else if (dialog.user.onRequest === undefined) {
    const headers: [string, string][] = [['Allow', userAgent.options.allow.join(', ')]];
    transaction.respond(userAgent.response(request, 405, { headers }));
  } else {
    if (method === 'UPDATE') dialog.record.refreshTarget(request, transaction.inbound.hop);
    dialog.user.onRequest(transaction);
  }
}

/** Answers 420 to a request that requires what we do not understand (RFC 3261 §8.2.2.3). */
export function refuseUnknownOptions(
  { userAgent }: LayerContext,
  transaction: ServerTransaction,
): boolean {
  const unknown = userAgent.notUnderstood(transaction.request);
  if (unknown.length === 0) return false;
  const headers: [string, string][] = [['Unsupported', unknown.join(', ')]];
  transaction.respond(userAgent.response(transaction.request, 420, { headers }));
  return true;
}

function receiveReinvite(
  context: LayerContext,
  dialog: DialogShell,
  transaction: ServerTransaction,
): void {
  const { inviteServer } = dialog;
  const verdict = judgeReinvite({
    ours: dialog.hasInviteUnderWay,
    theirs: inviteServer?.isPending === true,
    awaitingAck: inviteServer?.isPending === false,
  });
  if (verdict === 'serverBusy') {
    const headers: [string, string][] = [
      ['Retry-After', `${retryAfterSeconds(context.runtime.random)}`],
    ];
    transaction.respond(context.userAgent.response(transaction.request, 500, { headers }));
  } else if (verdict === 'requestPending') {
    refuse(context, transaction, 491);
  } else if (dialog.user.onReinvite === undefined) {
    refuse(context, transaction, 488);
  } else {
    dialog.user.onReinvite(new ReinviteServer(context, dialog, transaction));
  }
}

function refuse(context: LayerContext, transaction: ServerTransaction, status: number): void {
  transaction.respond(context.userAgent.response(transaction.request, status));
}
