import type { EndReason } from './end-reason.ts';
import type { MediaStats } from './media-backend.ts';
import type { QualityLevel, QualityMetrics } from './quality-metrics.ts';
import type { TransferOutcome } from './transfer-options.ts';
import type { SessionId, SessionMediaState, SessionState } from './session-state.ts';

/** What every event says: plain data, in the order of `seq`. */
export interface EventHead {
  /** Counts the events of one manager from 1. */
  readonly seq: number;
  /** Wall time in milliseconds since 1970. */
  readonly at: number;
  readonly sessionId: SessionId;
  /** The Call-ID of the session's dialog. */
  readonly callId: string;
}

/** What each event says besides its head. */
export interface SessionEventDetails {
  /** A session exists; told first. */
  created: { readonly direction: 'incoming' | 'outgoing'; readonly remote: string };
  stateChanged: { readonly from: SessionState; readonly to: SessionState };
  mediaStateChanged: { readonly from: SessionMediaState; readonly to: SessionMediaState };
  /** A provisional response to our INVITE. */
  progress: { readonly status: number; readonly reason: string; readonly withMedia: boolean };
  /** A digit of the peer: an RTP event (RFC 4733) or an INFO. */
  digit: {
    readonly digit: string;
    readonly durationMs: number;
    readonly source: 'rtp' | 'info';
  };
  /** The first packet of the peer. */
  mediaStarted: { readonly address: string; readonly port: number };
  /** Nothing was heard for this long though the peer may send; `initial` where nothing ever came. */
  mediaSilent: { readonly silentMs: number; readonly initial: boolean };
  /** How the peer was heard in the last second, where the backend was told to say so. */
  quality: { readonly metrics: QualityMetrics };
  /** The peer is heard better or worse than before, for several seconds in a row. */
  qualityChanged: {
    readonly from: QualityLevel;
    readonly to: QualityLevel;
    readonly metrics: QualityMetrics;
  };
  /** Media failed in an answered call, and is opened and offered anew. */
  mediaRecovering: { readonly code: string; readonly retriesLeft: number };
  /** Media is encrypted from now on, or by other keys: in the description, or by DTLS. */
  mediaSecured: { readonly keying: 'sdes' | 'dtls'; readonly suite: string };
  mediaFailed: { readonly code: string; readonly message: string };
  /** The peer changes the session by re-INVITE; its offer is being answered. */
  changeOffered: { readonly withOffer: boolean };
  /** The peer asks us to contact somebody (RFC 3515); the hook `onRefer` decides. */
  referred: {
    readonly target: string;
    /** Whether the new call shall replace another one: an attended transfer. */
    readonly attended: boolean;
    readonly referredBy?: string;
  };
  /** A REFER of the peer was accepted: this session of ours calls whom it named. */
  referAccepted: { readonly replacement: SessionId };
  /** A step of a transfer that this session is in, on either side of the REFER. */
  transferProgress: { readonly status: number };
  /** The outcome of a transfer that this session is in, on either side of the REFER. */
  transferEnded: { readonly outcome: TransferOutcome };
  /** Another session has taken this one's place (RFC 3891); this one ends. */
  replaced: { readonly by: SessionId };
  /** The end; told last. Times as `at`. */
  terminated: {
    readonly reason: EndReason;
    readonly createdAt: number;
    readonly answeredAt?: number;
    /** The final statistics, where there was media. */
    readonly stats?: MediaStats;
  };
  /** The application's own, by `session.publish`. */
  custom: { readonly name: string; readonly data: unknown };
}

/** The events of sessions by their `type`. */
export type SessionEvents = {
  [T in keyof SessionEventDetails]: { readonly type: T } & EventHead & SessionEventDetails[T];
};

/** Any event of a session. */
export type SessionEvent = SessionEvents[keyof SessionEvents];
