export type { AnswerOptions, CallOptions, ProgressOptions } from './call-options.ts';
export type { EndFacts, EndReason, PeerReason, TimeoutPhase } from './end-reason.ts';
export type * from './media-backend.ts';
export type {
  BurstMetrics,
  PeerQuality,
  QualityLevel,
  QualityMetrics,
} from './quality-metrics.ts';
export { causeOfStatus, Q850, statusOfCause } from './q850-cause.ts';
export { Session } from './session.ts';
export type {
  EventHead,
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
