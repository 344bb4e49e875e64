import type { LatenessHistogram } from './ticker.ts';
import type { DtlsIdentity } from '../dtls/index.ts';
import type { GatheredAddress, IceServers } from '../ice/index.ts';
import type { QualityLevel, QualityThresholds } from '../quality/quality-level.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import type { VoipMetrics } from '../rtp/voip-metrics.ts';
import type {
  IceCandidate,
  Keying,
  LineDestination,
  NegotiatedMedia,
  SrtpSuite,
} from '../sdp/index.ts';

/** Where an endpoint's media begins: plain data, as everything in this file. */
export interface OpenRequest {
  /** Chosen by the caller, unique within the core. */
  id: number;
  /** Local IP address and RTP's port; RTCP is on the next one. */
  address: string;
  port: number;
  ssrc: number;
  cname: string;
  /** An end of a relay, without audio of its own. */
  relayed: boolean;
  /** Who we are where keys come by DTLS; absent where they never do. */
  identity?: DtlsIdentity;
  settings: StreamSettings;
  quality: QualitySettings;
}

/** How the quality of an endpoint is told. */
export interface QualitySettings extends QualityThresholds {
  /** Whether each second is told, and not only changes of the level. */
  tellsSeconds: boolean;
}

/** Settings of every stream of an engine, in milliseconds. */
export interface StreamSettings {
  /** Silence after which `timeout` is told where nothing ever came, and where something did. */
  initialTimeoutMs: number;
  timeoutMs: number;
  /** How long the negotiated address is waited for before another may take its place. */
  graceMs: number;
  /** Silence after which a new source may take the stream over. */
  relatchAfterMs: number;
  /** Bounds of the jitter buffer's delay. */
  jitterMinimumMs: number;
  jitterMaximumMs: number;
}

/** What a relay does with one payload type of one side. */
export interface RelayedPayload {
  from: number;
  to: number;
}

/** Where a line of a call passes through that is not ours to understand. */
export interface OpenPassageRequest {
  /** Chosen by the caller, unique among passages. */
  id: number;
  address: string;
  /** Of each end; RTCP is on the port beside it. */
  ports: { a: number; b: number };
  settings: StreamSettings;
}

/** What passed at both ends together. */
export interface PassageStats {
  packets: number;
  /** Packets of sources that are not the peer's. */
  strangers: number;
}

/** What to play. */
export type PlaySource =
  | { type: 'tone'; frequencyHz: number; levelDbm0?: number }
  | { type: 'file'; path: string; loop?: boolean };

/** Counters of one endpoint as the core has them. */
export interface CoreStats {
  codec?: string;
  remote?: { address: string; port: number };
  packetsSent: number;
  bytesSent: number;
  packetsReceived: number;
  bytesReceived: number;
  packetsLost: number;
  packetsDiscarded: number;
  jitterMs: number;
  roundTripMs?: number;
  /** Packets of sources that are not the peer's. */
  strangers: number;
  /** What is no RTP, or of a payload type or at a time that was not agreed. */
  unwanted: number;
  /** How packets are encrypted; absent in the clear. */
  srtp?: SrtpSuite;
  /** Packets that were forged, damaged, repeated, or in the clear where they may not be. */
  unauthentic: number;
  /** How well the other side was heard; absent before anything came. */
  quality?: QualityMetrics;
  /** What the other side reports of how it hears us (RFC 3611 §4.7). */
  peerQuality?: VoipMetrics;
  jitterBuffer?: {
    targetMs: number;
    late: number;
    duplicates: number;
    overflowed: number;
    underruns: number;
  };
}

/** What the core tells of an endpoint. */
export type CoreEvent =
  | { type: 'started'; remote: { address: string; port: number } }
  | { type: 'digit'; digit: string; durationMs: number }
  | { type: 'timeout'; silentMs: number; initial: boolean }
  | { type: 'quality'; metrics: QualityMetrics }
  | { type: 'qualityChanged'; from: QualityLevel; to: QualityLevel; metrics: QualityMetrics }
  | { type: 'failed'; code: string; message: string }
  | { type: 'secured'; keying: Keying; suite: SrtpSuite }
  | { type: 'playEnded'; play: number; playedMs: number; stopped: boolean; error?: CoreError }
  | { type: 'heard'; samples: Int16Array; timestamp: number };

/** An error that crosses a thread. */
export interface CoreError {
  code: string;
  message: string;
}

/**
 * Everything that media needs done: by the core in this thread or, through messages, by one in a
 * worker thread. Rejects with `StrowgerError`.
 */
export interface CoreApi {
  /** Binds both ports; `EADDRINUSE` where one is taken, `MEDIA_CODEC_UNAVAILABLE`. */
  open(request: OpenRequest): Promise<void>;
  /** Asks servers for addresses of an endpoint, at most a second and a half. */
  gather(request: { id: number; servers: IceServers }): Promise<GatheredAddress[]>;
  /** Candidates of the other side that came after its description. */
  addCandidates(request: { id: number; candidates: readonly IceCandidate[] }): Promise<void>;
  /** Something was negotiated, for the first time or anew. */
  configure(request: { id: number; media: NegotiatedMedia }): Promise<void>;
  /**
   * From now on what `from` receives goes out at `to`: of two ends of a relay, or of two endpoints
   * with audio of their own, which `endRelay` gives back to them.
   */
  relay(request: { from: number; to: number; payloads: RelayedPayload[] }): Promise<void>;
  endRelay(request: { from: number }): Promise<void>;
  /** Binds the ports of a passage, four or none; `EADDRINUSE` where one is taken. */
  openPassage(request: OpenPassageRequest): Promise<void>;
  /** Where each end of a passage is, after a round of offer and answer. */
  setPassage(request: { id: number; a: LineDestination; b: LineDestination }): Promise<void>;
  /** Frees the ports. */
  closePassage(request: { id: number }): Promise<PassageStats>;
  /** A second `play` ends the first. Its end is told as `playEnded`. */
  play(request: { id: number; play: number; source: PlaySource }): Promise<void>;
  stopPlay(request: { id: number; play: number }): Promise<void>;
  record(request: { id: number; path: string }): Promise<void>;
  stopRecord(request: { id: number }): Promise<Recorded>;
  /** Resolves when all are sent. */
  sendDigits(request: DigitsCommand): Promise<void>;
  echo(request: { id: number; enabled: boolean }): Promise<void>;
  /** Allows so many `heard` events more, at this rate; 0 ends listening. */
  listen(request: { id: number; frames: number; sampleRate: number }): Promise<void>;
  /** Queues samples; resolves when there is room for more. */
  say(request: { id: number; samples: Int16Array; sampleRate: number }): Promise<void>;
  /** Resolves when what was said has left; with `discard`, forgets what waits. */
  finishSaying(request: { id: number; discard: boolean }): Promise<void>;
  stats(request: { id: number }): Promise<CoreStats>;
  /** Sends BYE, completes a recording and frees the ports. */
  close(request: { id: number }): Promise<Closed>;
  lateness(request: object): Promise<LatenessHistogram>;
}

/** A recording that was completed. */
export interface Recorded {
  path: string;
  durationMs: number;
}

/** What is left of an endpoint. */
export interface Closed {
  stats: CoreStats;
  /** What a recording that was under way has become. */
  recorded?: Recorded | CoreError;
}

/** Digits to send as events. */
export interface DigitsCommand {
  id: number;
  digits: string;
  durationMs: number;
  gapMs: number;
}
