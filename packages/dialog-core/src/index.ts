export type { Dialog, DialogId, OutgoingReinvite, OutgoingUpdate } from './dialog.ts';
export { DialogLayer } from './dialog-layer.ts';
export type { DialogCounts, DialogLayerOptions, DialogLimits } from './layer-options.ts';
export type { OutgoingRequest, RequestOptions } from './outgoing-request.ts';
export type {
  Body,
  CancelParts,
  DialogEnd,
  DialogUsageUser,
  DialogUser,
  ForeignRequests,
  FailureReason,
  HeaderFields,
  IncomingInviteUser,
  IncomingOfferUser,
  IncomingReinviteUser,
  MessageParts,
  OutgoingInviteUser,
  ProvisionalParts,
  RefusalParts,
  ReinviteUser,
  RequestUser,
  UpdateUser,
} from './dialog-user.ts';
export type { DialogStep } from './layer-context.ts';
export { dialogTable } from './dialog-table.ts';
export { inviteClientTable } from './invite-client-table.ts';
export { inviteServerTable } from './invite-server-table.ts';
export { offerAnswerTable, type OfferCarrier, type OfferState } from './offer-answer-table.ts';
export { reinviteClientTable } from './reinvite-client-table.ts';
export { sessionTimerTable, type SessionTimerState } from './session-timer-table.ts';
export { updateClientTable } from './update-client-table.ts';
export type { ReliableProvisionals } from './reliability.ts';
export type { SessionTimerOptions } from './session-expires.ts';
export type { IncomingOffer } from './incoming-offer.ts';
export type { IncomingInvite, IncomingReinvite } from './incoming-invite.ts';
export type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
export { pinnedHop } from './peer-hop.ts';
