export { type Bencoded, bdecode, bencode } from './bencode.ts';
export type { EngineState, RtpengineAddress } from './engine.ts';
export type { PeerMediaPolicy } from './media-policy.ts';
export { type NgArguments, NgClient, type NgClientOptions, type NgReply } from './ng-client.ts';
export type { RelayEnd } from './relay-end.ts';
export {
  RtpengineBackend,
  type RtpengineBackendOptions,
  type RtpengineRelay,
} from './rtpengine-backend.ts';
