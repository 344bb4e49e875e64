import { codecImpairment } from './codec-impairment.ts';
import { eModelRating, mosOfRating, mosOfWidebandRating, widebandRating } from './e-model.ts';
import type { BurstMetrics } from './loss-bursts.ts';

/** How well a stream was heard over a time: a second, or the call until now. Plain data. */
export interface QualityMetrics {
  /** The time that is covered, in which the other side could be heard. */
  readonly durationMs: number;
  readonly packetsExpected: number;
  /** Of those, never received. */
  readonly packetsLost: number;
  /** Of those, received too late or too many at once to be played; 0 where nothing is played. */
  readonly packetsDiscarded: number;
  /** Shares of what was expected, 0–1. */
  readonly lossRate: number;
  readonly discardRate: number;
  /** Interarrival jitter of RFC 3550 §6.4.1: mean of its values, and the highest. */
  readonly jitterMs: number;
  readonly maxJitterMs: number;
  /** From RTCP; absent until the other side reported. */
  readonly roundTripMs?: number;
  /** From mouth to ear: half the round trip, the packet's length and the jitter buffer. */
  readonly delayMs: number;
  /** Losses in bursts and between them, over the call. */
  readonly bursts: BurstMetrics;
  /** R of ITU-T G.107, at most 93.2; for wideband codecs of G.107.1, at most 129. */
  readonly rFactor: number;
  /** Mean opinion scores, 1–4.5: of a conversation with its delay, and of listening alone. */
  readonly mos: number;
  readonly listeningMos: number;
}

/** What metrics are made of. */
export interface QualityInput {
  readonly durationMs: number;
  readonly packetsExpected: number;
  readonly packetsLost: number;
  readonly packetsDiscarded: number;
  readonly jitterMs: number;
  readonly maxJitterMs: number;
  readonly roundTripMs: number | undefined;
  readonly packetMs: number;
  readonly bufferMs: number;
  readonly bursts: BurstMetrics;
  readonly codec: { readonly name: string; readonly clockRate: number };
}

/** Rates what was counted. */
export function qualityOf(input: QualityInput): QualityMetrics {
  const { packetsExpected, packetsLost, packetsDiscarded, roundTripMs, bursts } = input;
  const lossRate = share(packetsLost, packetsExpected);
  const discardRate = share(packetsDiscarded, packetsExpected);
  const delayMs = (roundTripMs ?? 0) / 2 + input.packetMs + input.bufferMs;
  // whoever listens does not care why a packet is missing
  const ppl = 100 * Math.min(1, lossRate + discardRate);
  const heard = { ...codecImpairment(input.codec), ppl, burstR: bursts.burstRatio };
  const conversation = rating(heard, delayMs);
  return {
    durationMs: Math.round(input.durationMs),
    packetsExpected,
    packetsLost,
    packetsDiscarded,
    lossRate: rounded(lossRate, 5),
    discardRate: rounded(discardRate, 5),
    jitterMs: rounded(input.jitterMs, 2),
    maxJitterMs: rounded(input.maxJitterMs, 2),
    ...(roundTripMs !== undefined && { roundTripMs: rounded(roundTripMs, 2) }),
    delayMs: rounded(delayMs, 1),
    bursts,
    rFactor: rounded(conversation.r, 1),
    mos: rounded(conversation.mos, 2),
    listeningMos: rounded(rating(heard, 0).mos, 2),
  };
}

interface Heard {
  readonly ie: number;
  readonly bpl: number;
  readonly ppl: number;
  readonly burstR: number;
  readonly wideband: boolean;
}

interface Rating {
  readonly r: number;
  readonly mos: number;
}

/** Ratings that are kept at most; then all are made anew. */
const MOST_KEPT = 1024;
/** Most streams are heard alike in most seconds, and to rate one takes longer than to count its packets. */
const kept = new Map<string, Rating>();

function rating(heard: Heard, delayMs: number): Rating {
  const { ie, bpl, ppl, burstR, wideband } = heard;
  const key = `${ie} ${bpl} ${ppl} ${burstR} ${wideband} ${delayMs}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  if (kept.size >= MOST_KEPT) kept.clear();
  const made = rate(heard, delayMs);
  kept.set(key, made);
  return made;
}

function rate({ wideband, ...heard }: Heard, delayMs: number): Rating {
  if (wideband) {
    const r = Math.max(0, widebandRating({ ...heard, taMs: delayMs }));
    return { r, mos: mosOfWidebandRating(r) };
  }
  const r = Math.max(0, eModelRating({ ...heard, t: delayMs, ta: delayMs, tr: 2 * delayMs }));
  return { r, mos: mosOfRating(r) };
}

function share(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, part / whole);
}

function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
