export {
  audioDevices,
  type BrowserMediaOptions,
  callAudio,
  type CallAudio,
  type MicrophoneSource,
} from '@strowger/media-browser';
export { StrowgerError } from '@strowger/runtime';
export * from './client-exports.ts';
export { type BrowserClientOptions, SipClient } from './browser-sip-client.ts';
