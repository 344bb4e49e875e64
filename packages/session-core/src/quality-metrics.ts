/** Losses within bursts and between them (RFC 3611 §4.7.2). */
export interface BurstMetrics {
  /** Share of packets lost or thrown away within bursts, and between them, 0–1. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean durations. */
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
  /** How much longer runs of losses are than by chance (BurstR of ITU-T G.107): 1 and more. */
  readonly burstRatio: number;
}

/** How well a stream was heard over a time: a second, or the call until now. Plain data. */
export interface QualityMetrics {
  /** The time that is covered, in which packets came. */
  readonly durationMs: number;
  readonly packetsExpected: number;
  /** Of those, never received. */
  readonly packetsLost: number;
  /** Of those, received too late or too many at once to be played. */
  readonly packetsDiscarded: number;
  /** Shares of what was expected, 0–1. */
  readonly lossRate: number;
  readonly discardRate: number;
  /** Interarrival jitter of RFC 3550: mean of its values, and the highest. */
  readonly jitterMs: number;
  readonly maxJitterMs: number;
  /** From RTCP; absent until the other side reported. */
  readonly roundTripMs?: number;
  /** From mouth to ear, as far as it is known. */
  readonly delayMs: number;
  readonly bursts: BurstMetrics;
  /** R of ITU-T G.107, at most 93.2; for wideband codecs of G.107.1, at most 129. */
  readonly rFactor: number;
  /** Mean opinion scores, 1–4.5: of a conversation with its delay, and of listening alone. */
  readonly mos: number;
  readonly listeningMos: number;
}

/** How a stream is heard: well, with complaints, badly. */
export type QualityLevel = 'good' | 'fair' | 'poor';

/** What the other side says of how it hears us: what it does not know is absent (RFC 3611 §4.7). */
export interface PeerQuality {
  /** Shares, 0–1. */
  readonly lossRate: number;
  readonly discardRate: number;
  readonly burstDensity: number;
  readonly gapDensity: number;
  readonly burstDurationMs: number;
  readonly gapDurationMs: number;
  /** 0 where it is not known. */
  readonly roundTripMs: number;
  readonly endSystemDelayMs: number;
  readonly rFactor?: number;
  readonly listeningMos?: number;
  readonly conversationalMos?: number;
}
