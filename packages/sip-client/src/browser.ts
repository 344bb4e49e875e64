export {
  audioDevices,
  type BrowserMediaOptions,
  callAudio,
  type CallAudio,
  type MicrophoneSource,
} from '@strowger/media-browser';
export { StrowgerError } from '@strowger/runtime';
export { type BrowserClientOptions, SipClient } from './browser-sip-client.ts';
export type { AccountOptions } from './account.ts';
export { Call } from './call.ts';
export type { AnswerOutcome, NotAnswered } from './call-outcome.ts';
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
export type {
  MessageWaitingOptions,
  WatchOptions,
} from './client-services.ts';
export type { ServiceEvents, ServiceOptions } from './incoming-services.ts';
export type { IncomingComposing, IncomingMessage } from './messages/incoming-message.ts';
export type {
  ComposingOptions,
  MessageOptions,
  MessageOutcome,
} from './messages/outgoing-message.ts';
export type { OwnPresence, PresenceState } from './watches/presence.ts';
export { PresencePublication, type PublicationEvents } from './watches/presence-publication.ts';
export {
  type UnreadableState,
  Watch,
  type WatchEnd,
  type WatchEvents,
  type WatchTrouble,
} from './watches/watch.ts';
