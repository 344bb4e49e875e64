import type { Dialog, IncomingRefer } from '@strowger/dialog-core';
import type { Clock, Logger, Unsubscribe } from '@strowger/runtime';
import type { NameAddr, SipRequest } from '@strowger/sip-message';
import type { Hop, ServerTransaction } from '@strowger/transaction-core';
import type { CallContext } from './call-context.ts';
import type { MediaWishes } from './call-options.ts';
import type { Bridges } from './bridge.ts';
import type { MediaBackend, Sdp } from './media-backend.ts';
import type { MediaLink } from './media-link.ts';
import type { RecordingSession, RecordingSessionOptions } from './recording-session.ts';
import type { Session } from './session.ts';
import type { SessionEventDetails, SessionEvents } from './session-events.ts';
import type { SessionMachineState } from './session-machine.ts';
import type { SessionSnapshot } from './session-snapshot.ts';
import type { SessionId } from './session-state.ts';
import type { Signalling } from './signalling.ts';

/** @internal What a session needs of its manager. */
export interface SessionContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly backend: MediaBackend;
  /** What media of every session is opened with, unless the session says otherwise. */
  readonly wishes: MediaWishes;
  /** How often media that failed is had anew in one session. */
  readonly mediaRetries: number;
  /** Whether candidates are told and taken by INFO (RFC 8840). */
  readonly trickleIce: boolean;
  emit<T extends keyof SessionEventDetails>(
    session: Session,
    type: T,
    details: SessionEventDetails[T],
  ): void;
  listen<T extends keyof SessionEvents>(
    id: SessionId,
    type: T,
    listener: (event: SessionEvents[T]) => void,
  ): Unsubscribe;
  onDialog(session: Session, dialog: Dialog, exists: boolean): void;
  /** An answered session is at rest again: what it would say of itself may be different. */
  onRest(session: Session): void;
  /** The call that it is a leg of. */
  callOf(session: Session): string | undefined;
  onGone(session: Session): void;
  /** A request in a call that is no matter of sessions, or OPTIONS. */
  onRequest(session: Session, transaction: ServerTransaction): void;
  /** The peer of a session asks it to contact somebody. */
  onRefer(session: Session, refer: IncomingRefer): void;
  /** Calls the target of a transfer, or joins two sessions, where the peer is not referred. */
  readonly bridges: Bridges;
  record(options: RecordingSessionOptions): RecordingSession;
  /** Told the row of every step, for row coverage. */
  onStep?: ((state: string, input: string) => void) | undefined;
}

/** @internal What a session is made of. */
export interface SessionSetup {
  readonly id: SessionId;
  readonly callId: string;
  readonly direction: 'incoming' | 'outgoing';
  readonly local: NameAddr;
  readonly remote: NameAddr;
  readonly request?: SipRequest | undefined;
  readonly source?: Hop | undefined;
  readonly offer?: Sdp | undefined;
  /** What its router knows of it. */
  readonly callContext?: CallContext | undefined;
  /** For whose peer it speaks. */
  readonly behalf?: Session | undefined;
  readonly ringTimeoutMs?: number | undefined;
  /** It goes on for another process. */
  readonly restored?: SessionSnapshot | undefined;
  readonly initial: SessionMachineState;
  /** Gives the parts what they start with. */
  prepare(signalling: Signalling, link: MediaLink): void;
}
