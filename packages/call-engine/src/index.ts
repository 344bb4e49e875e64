export type { AuthenticationFailure, AuthenticationProblem, FlowTrust } from './authenticator.ts';
export { Call } from './call.ts';
export { CallEngine, type CallEngineCounts, type CallEngineEvents } from './call-engine.ts';
export type {
  CallEngineOptions,
  DigestOptions,
  EngineSender,
  RegistrationLimits,
  CalleeMedia,
} from './call-engine-options.ts';
export type {
  CallEnder,
  CallLegRecord,
  CallOutcome,
  CallRecord,
  ForwardedCall,
} from './call-record.ts';
export type { DigitPolicy } from './digit-conversion.ts';
export type { ForwardingRules, ForwardingSource } from './forwarding-rules.ts';
export {
  type CallEnding,
  type CallInput,
  type CallOutput,
  type CallState,
  callTable,
  type LegEnding,
} from './call-table.ts';
export type { CallParties } from './call-timeline.ts';
export type { CdrStore } from './cdr-store.ts';
export type { CredentialEntry, CredentialStore, Ha1Set } from './credential-store.ts';
export {
  ConferenceRoom,
  type ConferenceRoomOptions,
  type ConferenceRoomSetup,
  type Meeting,
} from './conference-room.ts';
export type { FailureLimits } from './failure-table.ts';
export type { Binding, BindingSet, LocationStore } from './location-store.ts';
export {
  MemoryCdrStore,
  MemoryCredentialStore,
  MemoryLocationStore,
  memoryStores,
  type Stores,
} from './memory-stores.ts';
export type { ExpiryLimits } from './register-request.ts';
export { Registrar, type RegistrarOptions, type RegistrationChange } from './registrar.ts';
export { echo, type Service, type ServiceCall, tone } from './service.ts';
export type { LegRefusal } from './best-response.ts';
export type {
  CallRecordingOptions,
  CallRecordingRecord,
  RecordedCall,
  RecordingOnDemand,
  ServerOutcome,
} from './call-recording.ts';
export type { RecordingCodeTable, RecordingWish } from './recording-codes.ts';
