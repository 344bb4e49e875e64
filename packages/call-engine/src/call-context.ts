import type { CalleeMedia } from './call-engine-options.ts';
import type { Runtime } from '@strowger/runtime';
import type { RecordingSession, RecordingSessionOptions, Session } from '@strowger/session-core';
import type { CallRecordingOptions } from './call-recording.ts';
import type { Call } from './call.ts';
import type { CallRoutes } from './call-routes.ts';
import type { CallParties } from './call-timeline.ts';
import type { CallerLeg } from './caller-leg.ts';
import type { CdrWriter } from './cdr-writer.ts';
import type { ContactLegs } from './contact-leg.ts';
import type { DigitPolicy } from './digit-conversion.ts';
import type { RelayOpener } from './media-policy.ts';
import type { InfoPassing } from './info-passing.ts';

/** What a call needs of the engine. */
export interface CallContext {
  readonly runtime: Runtime;
  readonly relays: RelayOpener;
  readonly cdrs: CdrWriter;
  readonly ringTimeoutMs: number;
  readonly maxCallMs: number;
  /** How media is offered to contacts that are all behind a WebSocket. */
  readonly webSocketMedia: CalleeMedia | undefined;
  /** How media is offered to the other phones of a user. */
  calleeMedia(user: string): CalleeMedia | undefined;
  /** Whether candidates are told and taken by INFO (RFC 8840). */
  readonly trickleIce: boolean;
  readonly infos: InfoPassing;
  readonly recording: CallRecordingOptions | undefined;
  startRecordingSession(options: RecordingSessionOptions): RecordingSession;
  onRecordingStarted(call: Call, what: 'server' | 'own'): void;
  onRecordingFailed(call: Call, what: 'server' | 'own', reason: string): void;
  readonly digits: DigitPolicy;
  /** A session is of this call from now on. */
  link(session: Session, call: Call): void;
  onAnswered(call: Call): void;
  onTransferred(call: Call): void;
}

/** What a call is made of. */
export interface CallInit {
  readonly id: string;
  readonly parties: CallParties;
  readonly caller: CallerLeg;
  /** Whether the caller has proven to be a user of ours: nobody else may transfer. */
  readonly isUser: boolean;
  readonly routes: CallRoutes;
  /** Makes the sessions with the callee's contacts. */
  readonly contacts: ContactLegs;
}
