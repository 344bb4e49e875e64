export type { AccountOptions } from './account.ts';
export type { AnswerOutcome, NotAnswered } from './call-outcome.ts';
export { Call } from './call.ts';
export { CallConference } from './call-conference.ts';
export type * from './media-terms.ts';
export type { Capabilities } from './capabilities.ts';
export { ClientAccount, type ClientAccountEvents } from './client-account.ts';
export type { RegisterOutcome, RegisterWaitOptions } from './register-outcome.ts';
export type { RegistrationChange } from './registration-table.ts';
export { SipClient } from './sip-client.ts';
export type {
  ClientCallOptions,
  ClientTlsOptions,
  ClientTransport,
  MessageTrace,
  ReplaceRequest,
  SipClientEvents,
  SipClientOptions,
  TransferRequest,
  TransportHooks,
} from './sip-client-options.ts';
export { pcmBytes, pcmFrames } from './raw-pcm.ts';
export { accountOf, type ProviderLogin } from './providers/account-of.ts';
export type { Provider, ProviderWay } from './providers/provider.ts';
export { type ProviderName, providers } from './providers/providers.ts';
