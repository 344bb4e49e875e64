export {
  audioDevices,
  type BrowserMediaOptions,
  callAudio,
  type CallAudio,
  type MicrophoneSource,
} from '@strowger/media-browser';
export { StrowgerError } from '@strowger/runtime';
export { type BrowserClientOptions, SipClient } from './browser-sip-client.ts';
export { Call } from './call.ts';
export type { Capabilities } from './capabilities.ts';
export type { RegistrationChange } from './registration-table.ts';
export type {
  ClientCallOptions,
  MessageTrace,
  ReplaceRequest,
  SipClientEvents,
  TransferRequest,
} from './sip-client-options.ts';
