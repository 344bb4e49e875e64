import type { MediaConfig } from '../sdp/index.ts';
import type { QualityLevel } from '../quality/quality-level.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';

declare const mediaSessionBrand: unique symbol;
declare const relayBrand: unique symbol;

/** Names one media session of a manager. */
export type MediaSessionId = string & { readonly [mediaSessionBrand]: true };

/** Names one relay of a manager. */
export type RelayId = string & { readonly [relayBrand]: true };

/** How a relay carries what it relays: packets as they are, or their sound, encoded anew. */
export type RelayMode = 'packets' | 'audio';

/** What each event says besides its head. `sessionId` is the application's own name of a session. */
export interface MediaEventDetails {
  /** RTP runs as `config` says. */
  mediaStarted: { sessionId: string; mediaSessionId: MediaSessionId; config: MediaConfig };
  /** It ended and its ports are free. */
  mediaStopped: { sessionId: string; mediaSessionId: MediaSessionId; reason: string };
  /** The other side is heard better or worse than before, for several seconds in a row. */
  mediaQualityChanged: {
    sessionId: string;
    mediaSessionId: MediaSessionId;
    from: QualityLevel;
    to: QualityLevel;
    metrics: QualityMetrics;
  };
  /** Nothing was heard for long though the other side may send. */
  mediaSilent: { sessionId: string; mediaSessionId: MediaSessionId; silentMs: number };
  /** A digit was pressed at the other side. */
  mediaDigit: {
    sessionId: string;
    mediaSessionId: MediaSessionId;
    digit: string;
    durationMs: number;
  };
  /** It cannot go on (`MEDIA_WORKER_DIED`, `ICE_FAILED`), and was closed. */
  mediaFailed: {
    sessionId: string;
    mediaSessionId: MediaSessionId;
    error: { code: string; message: string };
  };
  relayEstablished: {
    relayId: RelayId;
    sessionAId: string;
    sessionBId: string;
    /** Absent for one of `openRelay`, which may change: `transcoded` of its ends' statistics says it. */
    mode?: RelayMode;
  };
  relayTerminated: { relayId: RelayId; reason: string };
}

/** The events of a `MediaManager` by their `type`; plain data. */
export type MediaEvents = {
  [T in keyof MediaEventDetails]: {
    readonly type: T;
    /** Counts the events of one manager from 1. */
    readonly seq: number;
    /** Wall time in milliseconds since 1970. */
    readonly at: number;
  } & Readonly<MediaEventDetails[T]>;
};

/** Any event of a `MediaManager`. */
export type MediaEvent = MediaEvents[keyof MediaEvents];
