import { StrowgerError } from '@strowger/runtime';
import { hasDescription } from './description.ts';
import type { DialogShell } from './dialog-shell.ts';
import type { MessageParts, ProvisionalParts } from './dialog-user.ts';
import type { InviteServer } from './invite-server.ts';
import type { LayerContext } from './layer-context.ts';
import type { OfferAnswer } from './offer-answer.ts';
import { isSentReliably, peerReliability } from './reliability.ts';
import type { ResponseParts } from './user-agent.ts';

/** Whose provisional response it is. */
export interface ProvisionalSender {
  readonly context: LayerContext;
  readonly dialog: DialogShell;
  readonly server: InviteServer;
}

/** A provisional response to an INVITE. */
export interface ProvisionalResponse {
  readonly status: number;
  readonly parts: ProvisionalParts;
  /** What the owner says with what the layer adds, Allow and Supported where it is to have them. */
  whole(message: MessageParts, capabilities: boolean): ResponseParts;
}

/** Sends a provisional response above 100, reliably where that is due (RFC 3262 §3). */
export function sendProvisional(
  { context, dialog, server }: ProvisionalSender,
  { status, parts, whole }: ProvisionalResponse,
): void {
  const { request } = server;
  const isDescribed = hasDescription(parts);
  const { offers } = dialog.usage;
  const isReliable = isSentReliably({
    policy: context.reliableProvisionals,
    peer: peerReliability(request),
    asked: parts.reliable,
    described: isDescribed,
  });
  if (!isReliable) {
    checkOffer(offers, isDescribed);
    return server.progress(context.userAgent.response(request, status, whole(parts, false)));
  }
  // Allow tells the peer that it may send UPDATE before the answer (RFC 3311 §4)
  const full = whole(successLike(offers, parts), true);
  const response = context.userAgent.response(request, status, full);
  const carries = full.body !== undefined && isDescribed;
  if (carries) offers.responseSent();
  server.progressReliably({ response, isDescribed: carries });
}

/** What a 2xx to an INVITE carries; the offer or answer in it is made. */
export function successParts(offers: OfferAnswer, parts: MessageParts): MessageParts {
  const left = successLike(offers, parts);
  if (hasDescription(left)) offers.responseSent();
  else offers.rollback('offerReceived', 'invite');
  return left;
}

/** Where the INVITE has offer and answer, a further description would be a new offer. */
function successLike(offers: OfferAnswer, parts: MessageParts): MessageParts {
  if (!hasDescription(parts) || !offers.isInviteDescribed) return parts;
  return { ...parts, body: undefined };
}

/** An offer has to be answered in a PRACK, and only a reliable response has one (RFC 3262 §5). */
function checkOffer(offers: OfferAnswer, isDescribed: boolean): void {
  if (!isDescribed || offers.hasInviteOffer) return;
  throw new StrowgerError('UNRELIABLE_OFFER', 'the peer does not support 100rel');
}
