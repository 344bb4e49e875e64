export * from './client-exports.ts';
export { SipClient } from './sip-client.ts';
export type {
  ClientTlsOptions,
  ClientTransport,
  SipClientOptions,
  TransportHooks,
} from './sip-client-options.ts';
export { pcmBytes, pcmFrames } from './raw-pcm.ts';
export { accountOf, type ProviderLogin } from './providers/account-of.ts';
export type { Provider, ProviderWay } from './providers/provider.ts';
export { type ProviderName, providers } from './providers/providers.ts';
