import type { ForwardCause, MediaStats } from '@strowger/session-core';
import type { CallRecordingRecord } from './call-recording.ts';

/** How a call came out. */
export type CallOutcome =
  | 'answered'
  | 'busy'
  | 'rejected'
  | 'cancelled'
  | 'noAnswer'
  /** Something broke: no route, transport, media, time-out of a transaction. */
  | 'failed';

/** Who brought a call to its end. `engine`: time limits, drain, failures on our side. */
export type CallEnder = 'caller' | 'callee' | 'engine';

/** A call was sent on to somebody else. Plain data. */
export interface ForwardedCall {
  readonly from: string;
  readonly to: string;
  readonly cause: ForwardCause;
}

/** One leg of a call: a dialog, or the attempt at one. */
export interface CallLegRecord {
  readonly role: 'caller' | 'callee';
  readonly callId: string;
  /** The address on the other side. */
  readonly remote: string;
  /** Who was there: its UUID by Session-ID (RFC 7989), or the one that we gave it. */
  readonly uuid?: string;
  /** Final SIP status of the leg's INVITE, absent where none came. */
  readonly status?: number;
  /** Codec and counters, where the leg had media. */
  readonly media?: MediaStats;
}

/**
 * A call detail record: written once for every call that was taken on, whatever became of it. All
 * times are wall time in milliseconds since 1970. Plain data.
 */
export interface CallRecord {
  /** Unique for ever; the key that makes writing it twice harmless. */
  readonly id: string;
  /** The Call-ID of every leg, the caller's first. */
  readonly callIds: readonly string[];
  /** Address of record of the caller. */
  readonly caller: string;
  readonly callerName?: string;
  /** Address of record of the user that was called, or the service's name. */
  readonly callee?: string;
  /** Where the call went from there, the first time first; absent where it went nowhere else. */
  readonly forwarded?: readonly ForwardedCall[];
  /** The user part that was dialled. */
  readonly dialled: string;
  readonly startedAt: number;
  readonly ringingAt?: number;
  readonly answeredAt?: number;
  readonly endedAt: number;
  /** From the INVITE to the end. */
  readonly durationMs: number;
  /** From the answer to the end; 0 where nobody answered. */
  readonly billableMs: number;
  readonly outcome: CallOutcome;
  /** Final status that the caller's INVITE got (200 for an answered call). */
  readonly status: number;
  /** Q.850 cause (RFC 3398 §8.2.6.1, RFC 3326): 16 normal clearing, 17 busy, … */
  readonly cause: number;
  readonly endedBy: CallEnder;
  /** What ended it, in a word, where the status does not say: `draining`, `mediaFailed`, … */
  readonly reason?: string;
  /**
   * The media of the two that talked last was decoded and encoded: what the caller sent, what the
   * callee was sent, by encoding names, and why. Absent where it passed as it was.
   */
  readonly transcoded?: NonNullable<MediaStats['transcoded']>;
  readonly legs: readonly CallLegRecord[];
  /** What became of what was recorded of it; absent where nothing was to be. */
  readonly recordings?: readonly CallRecordingRecord[];
}
