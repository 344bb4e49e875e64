/** What the client gives in Node and in a page alike. */
export type { AccountOptions } from './account.ts';
export type { AnswerOutcome, NotAnswered } from './call-outcome.ts';
export { Call } from './call.ts';
export { CallConference } from './call-conference.ts';
export type * from './media-terms.ts';
export type { Capabilities } from './capabilities.ts';
export { ClientAccount, type ClientAccountEvents } from './client-account.ts';
export type { RegisterOutcome, RegisterWaitOptions } from './register-outcome.ts';
export type { RegistrationChange } from './registration-table.ts';
export type {
  ClientCallOptions,
  MessageTrace,
  ReplaceRequest,
  SipClientEvents,
  TransferRequest,
} from './sip-client-options.ts';
export type { MessageWaitingOptions, WatchOptions } from './client-services.ts';
export type { ServiceEvents, ServiceOptions } from './incoming-services.ts';
export type { IncomingComposing, IncomingMessage } from './messages/incoming-message.ts';
export type {
  ComposingOptions,
  MessageOptions,
  MessageOutcome,
} from './messages/outgoing-message.ts';
export type { OwnPresence, PresenceState } from './watches/presence.ts';
export { PresencePublication, type PublicationEvents } from './watches/presence-publication.ts';
export type { WatchEnd, WatchTrouble } from './watches/kept-at-server.ts';
export { type UnreadableState, Watch, type WatchEvents } from './watches/watch.ts';
export type { UpkeepEnd, UpkeepTrouble } from './watches/upkeep-table.ts';
