export type { Dialog, DialogId, OutgoingReinvite } from './dialog.ts';
export {
  type DialogCounts,
  DialogLayer,
  type DialogLayerOptions,
  type DialogLimits,
  type OutgoingRequest,
  type RequestOptions,
} from './dialog-layer.ts';
export type {
  Body,
  CancelParts,
  DialogEnd,
  DialogUsageUser,
  DialogUser,
  FailureReason,
  HeaderFields,
  IncomingInviteUser,
  IncomingReinviteUser,
  MessageParts,
  OutgoingInviteUser,
  RefusalParts,
  ReinviteUser,
  RequestUser,
} from './dialog-user.ts';
export type { DialogStep } from './layer-context.ts';
export { dialogTable } from './dialog-table.ts';
export { inviteClientTable } from './invite-client-table.ts';
export { inviteServerTable } from './invite-server-table.ts';
export { reinviteClientTable } from './reinvite-client-table.ts';
export type { IncomingInvite, IncomingReinvite } from './incoming-invite.ts';
export type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
