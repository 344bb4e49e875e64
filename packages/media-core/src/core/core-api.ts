import type { RecordingTarget } from '../recording/index.ts';
import type {
  AnswererOptions,
  AnswererOutcome,
  SpeechEvent,
  SpeechOptions,
} from '../speech/index.ts';
import type { JitterBufferStats } from '../rtp/jitter-buffer-settings.ts';
import type { LatenessHistogram } from './ticker.ts';
import type { DtlsIdentity } from '../dtls/index.ts';
import type { GatheredAddress, IceServers } from '../ice/index.ts';
import type { QualityLevel, QualityThresholds } from '../quality/quality-level.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import type { SourceLearning } from '../rtp/source-lock.ts';
import type { VoipMetrics } from '../rtp/voip-metrics.ts';
import type { HeardTone, ProgressToneName, ToneOptions } from '../tones/index.ts';
import type {
  IceCandidate,
  Keying,
  LineDestination,
  NegotiatedMedia,
  PayloadFormat,
  SrtpSuite,
} from '../sdp/index.ts';

/** Where an endpoint's media begins: plain data, as everything in this file. */
export interface OpenRequest {
  /** Chosen by the caller, unique within the core. */
  id: number;
  ssrc: number;
  cname: string;
  /** An end of a relay, without audio of its own. */
  relayed: boolean;
  /** Who we are where keys come by DTLS; absent where they never do. */
  identity?: DtlsIdentity;
  /** Which ways of sending digits are listened to. */
  digits: readonly DigitSource[];
  /** Voice activity is told. */
  speech?: SpeechOptions | undefined;
  /** Tones of the network are told. */
  tones?: ToneOptions | undefined;
  settings: StreamSettings;
  quality: QualitySettings;
}

/** How the quality of an endpoint is told. */
export interface QualitySettings extends QualityThresholds {
  /** Whether each second is told, and not only changes of the level. */
  tellsSeconds: boolean;
}

/** How a digit comes: as an event (RFC 4733), or as tones within the audio. */
export type DigitSource = 'rtp' | 'inband';
/** Where an endpoint is reached. */
export interface BindRequest {
  id: number;
  /** Local IP address and RTP's port; RTCP is on the next one. */
  address: string;
  port: number;
}

/** Settings of every stream of an engine, in milliseconds. */
export interface StreamSettings {
  /** Silence after which `timeout` is told where nothing ever came, and where something did. */
  initialTimeoutMs: number;
  timeoutMs: number;
  /** Which sources beside the negotiated one are learned. */
  learning: SourceLearning;
  /** How long the negotiated address is waited for before another may take its place. */
  graceMs: number;
  /** Silence after which the peer may go on from another port. */
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

/** Copies of one endpoint's packets that go out at another. */
export interface TapRequest {
  from: number;
  flow: 'received' | 'sent';
  /** The end of a relay that nobody else feeds. */
  to: number;
  payloads: RelayedPayload[];
}

/** Where what `from` receives goes. */
export interface RelayOrder {
  from: number;
  to: number;
  payloads: RelayedPayload[];
  transcoding?: TranscodingOrder;
}

/** What an end of a relay receives that cannot pass, and what becomes of it at the other end. */
export interface TranscodingOrder {
  /** What is decoded, comfort noise among it. */
  receive: readonly PayloadFormat[];
  /** What it is encoded as. */
  send: PayloadFormat;
  reason: TranscodingReason;
}

/**
 * Why a relay decodes: the two ends have no codec in common, one sends what the other does not take
 * though they share another, or digits are listened for in what one says.
 */
export type TranscodingReason = 'noCommonCodec' | 'unsharedCodec' | 'inbandDigits';

/** That what came in at an end of a relay was decoded and encoded, by encoding names. */
export interface Transcoded {
  from: string;
  to: string;
  reason: TranscodingReason;
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
  | { type: 'tone'; name: ProgressToneName; country: string; levelDbm0?: number }
  | { type: 'file'; path: string }
  | {
      type: 'url';
      url: string;
      headers?: Readonly<Record<string, string>>;
      maxBytes?: number;
      timeoutMs?: number;
    }
  /** What `feed` brings. */
  | { type: 'pushed' };

/** How to play it. */
export interface PlayCommand {
  id: number;
  /** Chosen by the caller, unique within the endpoint. */
  play: number;
  source: PlaySource;
  /** After everything before, instead of in its place. */
  queue: boolean;
  /** For ever, or so many times in all. */
  loop: boolean | number;
  /** A factor: 1 as it is. */
  gain: number;
  /** It ends after so long, though there is more. */
  durationMs?: number;
}

/** What to record, and how. */
export interface RecordCommand {
  id: number;
  /** Chosen by the caller, unique within the endpoint. */
  recording: number;
  target: RecordingTarget;
  channels: 'mono' | 'stereo';
  format: 'wav' | 'ogg';
}

/** What has become of a mark. */
export interface MarkOutcome {
  name: string;
  /** Whether everything before it has left; else it was cleared. */
  reached: boolean;
}

/** What was cleared. */
export interface Cleared {
  /** How much sound had left since the last mark that was reached, or since the last `clear`. */
  heardMs: number;
  /** The last mark that was reached since the last `clear`. */
  lastMark?: string;
  /** Those that were not reached, in their order. */
  marks: string[];
}

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
  jitterBuffer?: JitterBufferStats;
  /** Of an end of a relay: what came in last that could not pass as it was. */
  transcoded?: Transcoded;
}

/** What a conference is opened with. */
export interface ConferenceSettings {
  /** So many of the loudest are heard; 0: all. */
  loudest: number;
  /** Whether a tone says that someone joined or left. */
  tones: boolean;
  /** So many members at most. */
  maximum: number;
}

/** How one member hears and is heard. */
export interface MemberSettings {
  role: 'speaker' | 'listener';
  muted: boolean;
  deaf: boolean;
  /** How loud all others hear this one: 0 to 8 times. */
  gain: number;
  /** How loud this one hears others, by their ids. */
  hears: { member: number; gain: number }[];
  /** Only these hear this one; absent: all do. */
  whispersTo?: number[];
}

/** What a conference is like now. */
export interface ConferenceStats {
  members: number;
  /** Of the mix, in Hz. */
  sampleRate: number;
  /** Ids of members who speak, the loudest first. */
  speaking: number[];
  /** The longest that a mix ever took. */
  slowestMixMs: number;
}

/** What the core tells of an endpoint. */
export type CoreEvent =
  | { type: 'started'; remote: { address: string; port: number } }
  | {
      type: 'digit';
      digit: string;
      durationMs: number;
      source: DigitSource;
      /** Of an end of a relay: whether the other end's peer is sent it as media. */
      passed?: boolean;
    }
  | SpeechEvent
  | { type: 'tone'; name: HeardTone | 'beep' }
  | { type: 'timeout'; silentMs: number; initial: boolean }
  | { type: 'quality'; metrics: QualityMetrics }
  | { type: 'qualityChanged'; from: QualityLevel; to: QualityLevel; metrics: QualityMetrics }
  | { type: 'intrusion'; packets: number; replayed: number }
  | { type: 'failed'; code: string; message: string }
  | { type: 'secured'; keying: Keying; suite: SrtpSuite }
  | { type: 'playEnded'; play: number; playedMs: number; stopped: boolean; error?: CoreError }
  | { type: 'heard'; samples: Int16Array; timestamp: number }
  /** Of a recording whose target is `pushed`. */
  | { type: 'recorded'; recording: number; bytes: Uint8Array };

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
  /** Makes an endpoint, which has no ports yet; `MEDIA_CODEC_UNAVAILABLE`. */
  open(request: OpenRequest): Promise<void>;
  /** Binds both ports, or none; `EADDRINUSE` where one is taken. */
  bind(request: BindRequest): Promise<void>;
  /** Asks servers for addresses of an endpoint, at most a second and a half. */
  gather(request: { id: number; servers: IceServers }): Promise<GatheredAddress[]>;
  /** Candidates of the other side that came after its description. */
  addCandidates(request: { id: number; candidates: readonly IceCandidate[] }): Promise<void>;
  /** Something was negotiated, for the first time or anew. */
  configure(request: { id: number; media: NegotiatedMedia }): Promise<void>;
  /**
   * From now on what `from` receives goes out at `to`: of two ends of a relay, or of two endpoints
   * with audio of their own, which `endRelay` gives back to them. Ends of a relay may transcode what
   * cannot pass; rejects with `MEDIA_CODEC_UNAVAILABLE`.
   */
  relay(request: RelayOrder): Promise<void>;
  endRelay(request: { from: number }): Promise<void>;
  /** From now on, until either is closed; again with other payload types: in place of those before. */
  tap(request: TapRequest): Promise<void>;
  /** Binds the ports of a passage, four or none; `EADDRINUSE` where one is taken. */
  openPassage(request: OpenPassageRequest): Promise<void>;
  /** Where each end of a passage is, after a round of offer and answer. */
  setPassage(request: { id: number; a: LineDestination; b: LineDestination }): Promise<void>;
  /** Frees the ports. */
  closePassage(request: { id: number }): Promise<PassageStats>;
  /** Its end is told as `playEnded`. */
  play(request: PlayCommand): Promise<void>;
  stopPlay(request: { id: number; play: number }): Promise<void>;
  pausePlay(request: { id: number; play: number; paused: boolean }): Promise<void>;
  /** Samples of a `pushed` source; resolves when there is room, with `false` when it has ended. */
  feed(request: {
    id: number;
    play: number;
    samples: Int16Array;
    sampleRate: number;
  }): Promise<boolean>;
  /** Nothing more will be fed. */
  finishFeeding(request: { id: number; play: number; error?: CoreError }): Promise<void>;
  /** Resolves when what is played and said up to now has left, or was cleared. */
  mark(request: { id: number; name: string }): Promise<MarkOutcome>;
  /** Silence from the next packet on. */
  clear(request: { id: number }): Promise<Cleared>;
  record(request: RecordCommand): Promise<void>;
  /** A program has taken so much of what `recorded` events brought. */
  recordTaken(request: { id: number; recording: number; bytes: number }): Promise<void>;
  /** It takes nothing more. */
  recordFailed(request: { id: number; recording: number; message: string }): Promise<void>;
  pauseRecord(request: { id: number; paused: boolean }): Promise<void>;
  stopRecord(request: { id: number }): Promise<Recorded>;
  /** Resolves when all are sent. */
  sendDigits(request: DigitsCommand): Promise<void>;
  echo(request: { id: number; enabled: boolean }): Promise<void>;
  /** Whether the other side hears silence in place of all but digits, from the next packet on. */
  mute(request: { id: number; muted: boolean }): Promise<void>;
  /** Resolves with who answered; a beep that follows is told as `tone`. */
  detectAnswerer(request: { id: number; options: AnswererOptions }): Promise<AnswererOutcome>;
  /** Allows so many `heard` events more, at this rate; 0 ends listening. */
  listen(request: { id: number; frames: number; sampleRate: number }): Promise<void>;
  /** Queues samples; resolves when there is room for more. */
  say(request: { id: number; samples: Int16Array; sampleRate: number }): Promise<void>;
  /** Resolves when what was said has left; with `discard`, forgets what waits. */
  finishSaying(request: { id: number; discard: boolean }): Promise<void>;
  openConference(request: { id: number; settings: ConferenceSettings }): Promise<void>;
  /** `MEDIA_CONFERENCE_FULL`. */
  joinConference(request: {
    conference: number;
    id: number;
    settings: MemberSettings;
  }): Promise<void>;
  changeMember(request: {
    conference: number;
    id: number;
    settings: MemberSettings;
  }): Promise<void>;
  leaveConference(request: { conference: number; id: number }): Promise<void>;
  recordConference(request: Omit<RecordCommand, 'recording' | 'channels'>): Promise<void>;
  stopRecordConference(request: { id: number }): Promise<Recorded>;
  conferenceStats(request: { id: number }): Promise<ConferenceStats>;
  closeConference(request: { id: number }): Promise<void>;
  stats(request: { id: number }): Promise<CoreStats>;
  /** Sends BYE, completes a recording and frees the ports. */
  close(request: { id: number }): Promise<Closed>;
  lateness(request: object): Promise<LatenessHistogram>;
}

/** A recording that was completed. */
export interface Recorded {
  path: string;
  durationMs: number;
  /** Of the file, in hexadecimal digits. */
  sha256: string;
  /** Audio that is missing because the disk was full, broken or a minute behind. */
  lostMs: number;
}

/** What is left of an endpoint. */
export interface Closed {
  stats: CoreStats;
  /** What a recording that was under way has become. */
  recorded?: Recorded | CoreError;
}

/** Digits to send. */
export interface DigitsCommand {
  id: number;
  digits: string;
  durationMs: number;
  gapMs: number;
  /** `auto`: as events where the other side takes them, else in band. */
  via: DigitSource | 'auto';
  /** At the end of a relay: not where the other end's peer says it as an event, too. */
  once?: boolean;
}
