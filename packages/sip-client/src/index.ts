export { type AccountOptions } from './account.ts';
export { Call } from './call.ts';
export type { RegistrationChange } from './registration-table.ts';
export {
  type Capabilities,
  type ClientCallOptions,
  type ClientTransport,
  type MessageTrace,
  SipClient,
  type SipClientEvents,
  type SipClientOptions,
  type TransportHooks,
} from './sip-client.ts';
