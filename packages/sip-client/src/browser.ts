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
