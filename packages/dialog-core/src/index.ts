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
export type { IncomingInvite, IncomingReinvite } from './incoming-invite.ts';
export type { InviteOptions, OutgoingInvite } from './outgoing-invite.ts';
