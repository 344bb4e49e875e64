export { DigitDoubles, type DigitWay } from './digit-doubles.ts';
export { digitOf, type InfoDigit } from './info-digit.ts';
export type {
  AnswerOptions,
  CallOptions,
  HoldOptions,
  MediaWishes,
  ProgressOptions,
  SessionDigitOptions,
} from './call-options.ts';
export type { EndFacts, EndReason, PeerReason, TimeoutPhase } from './end-reason.ts';
export {
  divertedBy,
  type ForwardCause,
  type Forwarding,
  forwardingHeaders,
  timesForwarded,
} from './forwarding-headers.ts';
export { type ChangeRefusal, recoveryOf } from './recovery.ts';
export type { RedirectPolicy } from './redirections.ts';
export type * from './media-backend.ts';
export type * from './media-capabilities.ts';
export type * from './media-conference.ts';
export type {
  BurstMetrics,
  PeerQuality,
  QualityLevel,
  QualityMetrics,
} from './quality-metrics.ts';
export { causeOfStatus, Q850, statusOfCause } from './q850-cause.ts';
export type { CallContext } from './call-context.ts';
export { DialogManager } from './dialog-manager.ts';
export { type RelocateOptions, Session } from './session.ts';
export type {
  ApplicationEvent,
  ApplicationEventData,
  ApplicationEventName,
  ApplicationEvents,
  EventHead,
  SecurityEvent,
  SessionEvent,
  SessionEventDetails,
  SessionEvents,
} from './session-events.ts';
export type {
  AnswerPlan,
  CallPlan,
  Change,
  EarlyAnswer,
  LocalMedia,
  Progress,
  Refused,
  SessionInput,
  SessionMachineState,
  SessionOutput,
  Talk,
} from './session-machine.ts';
export type { RelayId } from './bridge.ts';
export type { SessionIdentifiers } from './session-identity.ts';
export { Conference } from './conference.ts';
export type {
  ConferenceEnd,
  ConferenceEnding,
  ConferenceId,
  ConferenceMemberSettings,
  ConferenceMemberState,
  ConferenceOptions,
  ConferencePackageOptions,
  ConferencePart,
  ConferenceStatistics,
  EndedConference,
  JoinOptions,
} from './conference-options.ts';
export {
  type ConferenceInput,
  type ConferenceLeaveReason,
  type ConferenceMachineState,
  type ConferenceOutput,
  type ConferenceSeat,
  type ConferenceTableContext,
  conferenceTable,
} from './conference-table.ts';
export type { RestoreSessionOptions } from './restored-session.ts';
export { SESSION_SNAPSHOT_VERSION, type SessionSnapshot } from './session-snapshot.ts';
export { partyOf, type RecordedParty } from './recording-parties.ts';
export {
  type RecordingServer,
  RecordingSession,
  type RecordingSessionOptions,
} from './recording-session.ts';
export {
  type RecordingEnding,
  type RecordingFault,
  type RecordingInput,
  type RecordingOutput,
  type RecordingState,
  recordingTable,
  type RecordingTimer,
} from './recording-table.ts';
export { DESCRIPTION_TYPES } from './sip-body.ts';
export { takesTrickleIce, TRICKLE_ICE } from './trickle-ice.ts';
export { SessionDirectory } from './session-directory.ts';
export { SessionManager } from './session-manager.ts';
export type {
  SessionCounts,
  SessionLimits,
  SessionManagerOptions,
} from './session-manager-options.ts';
export {
  type SessionMediaInput,
  type SessionMediaMachineState,
  sessionMediaTable,
  type SettledMediaState,
} from './session-media-table.ts';
export {
  type SessionId,
  type SessionMediaState,
  type SessionState,
  sessionId,
} from './session-state.ts';
export {
  canTransition,
  sessionStateOf,
  sessionTable,
  sessionTransitions,
} from './session-table.ts';
export { Transfer } from './transfer.ts';
export type { ReferDecision, ReplacesDecision, TransferHooks } from './transfer-hooks.ts';
export type { TransferOptions, TransferOutcome, TransferStep } from './transfer-options.ts';
export { type CallStatistics, type LegStatistics } from './call-statistics.ts';
export * from './call-verbs.ts';
export type { EventFilter, EventsDropped, EventStreamOptions } from './event-stream.ts';
export type { SessionTransport } from './session-transport.ts';
export { type RtpStreamInfo, SessionMedia } from './session-media.ts';
export type { SessionFilter } from './session-search.ts';
export {
  type AuthenticationInput,
  type AuthenticationState,
  authenticationTable,
} from './authentication-table.ts';
export {
  AuthenticationBypass,
  type AuthenticationDemand,
  bypassAuthentication,
  type SessionAuthenticationOptions,
} from './authentication-options.ts';
export type { SessionCredentials } from './session-authentication.ts';
