import type { MediaDirection, MediaStats, QualityMetrics } from '@strowger/session-core';
import { qualityOf } from '@strowger/media-core';

/** What a browser counts of a call, in our units. */
export interface CallCounters {
  readonly codec: { readonly name: string; readonly clockRate: number } | undefined;
  readonly local: { readonly address: string; readonly port: number } | undefined;
  readonly remote: { readonly address: string; readonly port: number } | undefined;
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly packetsDiscarded: number;
  readonly jitterMs: number;
  readonly roundTripMs: number | undefined;
  /** Mean delay of the jitter buffer. */
  readonly bufferMs: number;
  /** The cipher of SRTP, where the browser tells it. */
  readonly suite: string | undefined;
  /** Whether the handshake is over, and has shown the certificate of the description. */
  readonly isVerified: boolean;
}

type Entry = Readonly<Record<string, unknown>>;

/** Reads a report of `getStats` (W3C webrtc-stats): what a browser leaves out is 0 or absent. */
export function readReport(report: Iterable<readonly [string, Entry]>): CallCounters {
  const entries = new Map(report);
  const all = [...entries.values()];
  const of = (type: string, fits: (one: Entry) => boolean = () => true): Entry =>
    all.find((one) => one['type'] === type && fits(one)) ?? {};
  const received = of('inbound-rtp', isAudio);
  const sent = of('outbound-rtp', isAudio);
  const told = of('remote-inbound-rtp', isAudio);
  const transport = of('transport');
  const chosen = entries.get(text(transport['selectedCandidatePairId']) ?? '');
  const pair = chosen ?? of('candidate-pair', (one) => one['nominated'] === true);
  const codec = entries.get(text(received['codecId'] ?? sent['codecId']) ?? '');
  const roundTrip = told['roundTripTime'] ?? pair['currentRoundTripTime'];
  const emitted = number(received['jitterBufferEmittedCount']);
  return {
    codec: codec && {
      name: (text(codec['mimeType']) ?? '').replace(/^audio\//i, '').toLowerCase(),
      clockRate: number(codec['clockRate']),
    },
    local: place(entries.get(text(pair['localCandidateId']) ?? '')),
    remote: place(entries.get(text(pair['remoteCandidateId']) ?? '')),
    packetsSent: number(sent['packetsSent']),
    bytesSent: number(sent['bytesSent']),
    packetsReceived: number(received['packetsReceived']),
    bytesReceived: number(received['bytesReceived']),
    packetsLost: Math.max(0, number(received['packetsLost'])),
    packetsDiscarded: number(received['packetsDiscarded']),
    jitterMs: number(received['jitter']) * 1000,
    roundTripMs: typeof roundTrip === 'number' ? roundTrip * 1000 : undefined,
    bufferMs: emitted > 0 ? (number(received['jitterBufferDelay']) * 1000) / emitted : 0,
    suite: text(transport['srtpCipher']),
    isVerified: transport['dtlsState'] === 'connected',
  };
}

/** The statistics of a call as every backend gives them. */
export function statsOf(
  counters: CallCounters,
  {
    direction,
    quality,
    isAgreed,
  }: {
    readonly direction: MediaDirection;
    readonly quality: QualityMetrics | undefined;
    readonly isAgreed: boolean;
  },
): MediaStats {
  const {
    codec,
    local,
    remote,
    roundTripMs,
    bufferMs: _,
    suite,
    isVerified,
    ...counted
  } = counters;
  return {
    ...counted,
    direction,
    ...(codec && { codec: codec.name }),
    ...(local && { local }),
    ...(remote && { remote }),
    ...(roundTripMs !== undefined && { roundTripMs }),
    ...(quality && { quality }),
    ...(isAgreed && { security: { kind: 'dtls-srtp', ...(suite && { suite }), isVerified } }),
  };
}

/** Bursts are not told by browsers: losses are taken to come by chance. */
const BY_CHANCE = {
  burstDensity: 0,
  gapDensity: 0,
  burstDurationMs: 0,
  gapDurationMs: 0,
  burstRatio: 1,
};
/** What browsers send by default (RFC 7874 §4). */
const PACKET_MS = 20;

/** How well the other side was heard between two counts; absent where nothing was due. */
export function qualityBetween(
  before: CallCounters | undefined,
  now: CallCounters,
  durationMs: number,
  maxJitterMs: number,
): QualityMetrics | undefined {
  const since = (key: 'packetsReceived' | 'packetsLost' | 'packetsDiscarded'): number =>
    Math.max(0, now[key] - (before?.[key] ?? 0));
  const packetsLost = since('packetsLost');
  const packetsExpected = since('packetsReceived') + packetsLost;
  if (now.codec === undefined || packetsExpected === 0) return undefined;
  return qualityOf({
    durationMs,
    packetsExpected,
    packetsLost,
    packetsDiscarded: since('packetsDiscarded'),
    jitterMs: now.jitterMs,
    maxJitterMs,
    roundTripMs: now.roundTripMs,
    packetMs: PACKET_MS,
    bufferMs: now.bufferMs,
    bursts: BY_CHANCE,
    codec: now.codec,
  });
}

function isAudio(one: Entry): boolean {
  return one['kind'] === 'audio';
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function place(one: Entry | undefined): { address: string; port: number } | undefined {
  const address = text(one?.['address']);
  return address === undefined ? undefined : { address, port: number(one?.['port']) };
}
