export type { Dialog, DialogId, OutgoingReinvite, OutgoingUpdate } from './dialog.ts';
export { DialogLayer } from './dialog-layer.ts';
export {
  type AckSnapshot,
  type DialogSnapshot,
  type InviteSnapshot,
  SNAPSHOT_VERSION,
  type TimerSnapshot,
} from './dialog-snapshot.ts';
export { SnapshotFields } from './snapshot-fields.ts';
export type { RestoreOptions } from './restore-dialog.ts';
export type { DialogCounts, DialogLayerOptions, DialogLimits } from './layer-options.ts';
export type { ContactParts, LocalParty, PartyClue } from './local-party.ts';
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
export type { EventName } from './events/event-name.ts';
export type { EventOptions } from './events/event-options.ts';
export type { IncomingRefer, ReferAcceptance, ReferProgress } from './events/incoming-refer.ts';
export type { IncomingSubscribe, SubscribeAcceptance } from './events/incoming-subscribe.ts';
export { accompaniedDescription } from './description.ts';
export { infoPackageOf, infoParts, wantedInfoPackages } from './events/info-package.ts';
export type { NotifierSubscription, NotifierUser } from './events/notifier-subscription.ts';
export { type NotifierEnd, notifierTable, type Termination } from './events/notifier-table.ts';
export type {
  OutgoingSubscribe,
  OutsideAddress,
  SubscribeOptions,
  SubscribeUser,
  SubscriptionParts,
} from './events/outgoing-subscribe.ts';
export type {
  OutgoingRefer,
  OutsideReferOptions,
  ReferEnd,
  ReferOptions,
  ReferUser,
} from './events/refer-options.ts';
export { referenceTo, referToReplacing } from './events/replaces.ts';
export { subscribeTable } from './events/subscribe-table.ts';
export { subscriberTable, type SubscriptionEnd } from './events/subscriber-table.ts';
export type { Notification, Subscription, SubscriptionUser } from './events/subscription.ts';
export type { SubscriptionStatus, TerminationReason } from './events/subscription-state.ts';
export type {
  CompositorLimits,
  CompositorUser,
  EventStateCompositor,
  PublishedState,
} from './events/compositor.ts';
export type { OutgoingPublication, PublicationUser, PublishOptions } from './events/publication.ts';
export { type PublicationEnd, publicationTable } from './events/publication-table.ts';
export {
  type Cause,
  causeFields,
  causeOfRequest,
  causeOfResponse,
  q850OfStatus,
  type Reasons,
  reasonsOf,
  reasonValues,
  statusOfQ850,
} from './cause.ts';
export { aorOfGruu, type Gruus, gruusOf, isGruu, matchesGruu } from './gruu.ts';
export { featuresOf, preferContacts, type PreferredContact } from './caller-preferences.ts';
export { type AnswerMode, answerModeField, answerModeOf, judgeAnswerMode } from './answer-mode.ts';
export type { ReadBody } from './packages/xml-read.ts';
export * from './packages/conference-info.ts';
export * from './packages/recording-metadata.ts';
export * from './packages/dialog-info.ts';
export * from './packages/is-composing.ts';
export * from './packages/message-summary.ts';
export * from './packages/pidf.ts';
export * from './packages/reginfo.ts';
