import type { LatenessHistogram } from '../core/ticker.ts';
import type { QualityLevel } from '../quality/quality-level.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import type { JitterBufferStats } from '../rtp/jitter-buffer-settings.ts';
import type { VoipMetrics } from '../rtp/voip-metrics.ts';
import type { MediaDirection, NegotiatedMedia, Sdp, SrtpPolicy, SrtpSuite } from '../sdp/index.ts';
import type { AnswererOptions, AnswererOutcome, SpeechOptions } from '../speech/index.ts';
import type { HeardTone, ToneOptions } from '../tones/index.ts';
import type {
  AudioSource,
  Cleared,
  DigitOptions,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
  Recording,
  RecordOptions,
  RecordTarget,
} from './media-capabilities.ts';
import type { ConferenceRequest, MediaConference } from './media-conference.ts';
import type { RtpStream } from './rtp-stream.ts';

// What session-core declares as its port `MediaBackend`, told once more as what this engine gives:
// the port is satisfied by structure, and this package depends on none above it.

/** What an offer or an answer shall say. */
export interface MediaIntent {
  /** Default `sendrecv`. In an answer it is narrowed to what the offer allows. */
  readonly direction?: MediaDirection;
  /**
   * What an offer names instead, in order of preference: once it was answered, the endpoint speaks
   * these, in answers as well; where it is rolled back, what it spoke before. Rejected with
   * `MEDIA_UNKNOWN_CODEC`, and with `MEDIA_UNSUPPORTED` by what speaks as others do: ends of relays.
   */
  readonly codecs?: readonly string[];
  /** Whether an offer begins ICE anew (RFC 8445 §9): after a change of networks. Default not. */
  readonly iceRestart?: boolean;
  /**
   * Whether candidates of ours may come after an answer, where the offer says the same: as events of
   * the type `candidate` (RFC 8838). Default not: the answer waits until all are known.
   */
  readonly trickle?: boolean;
}

/** What an endpoint tells; plain data. */
export type MediaEndpointEvent =
  /** A packet was taken from a source for the first time: media flows from there. */
  | { type: 'started'; remote: { address: string; port: number } }
  /** A digit was pressed, told once when it ends: as an event (RFC 4733), or heard in the audio. */
  | {
      type: 'digit';
      digit: string;
      durationMs: number;
      source: 'rtp' | 'inband';
      /** Of an end of a relay: whether the other end's peer is sent it as media. */
      passed?: boolean;
    }
  /** The peer has begun to speak, `agoMs` before this; told with `speech` alone, as what follows. */
  | { type: 'speechStarted'; agoMs: number }
  /** It has stopped: how long it spoke, and how long it has been silent. */
  | { type: 'speechEnded'; durationMs: number; silentMs: number }
  /** The peer has not spoken for so long. Told once per silence. */
  | { type: 'silence'; silentMs: number }
  /** Neither side has said anything for so long. Told once per silence. */
  | { type: 'deadAir'; silentMs: number }
  /**
   * The network says something by a tone; a fax (`faxCalling`, 1100 Hz), a fax or modem
   * (`dataAnswer`, 2100 Hz). Told with `tones` alone, once until another follows. `beep`: what a
   * machine that answered waits with for a message, told after `detectAnsweringMachine`.
   */
  | { type: 'tone'; name: HeardTone | 'beep' }
  /**
   * No packet came for this long though the other side may send; `initial` where nothing ever
   * came. Told once per silence.
   */
  | { type: 'timeout'; silentMs: number; initial: boolean }
  /** How the last second was heard; only where the endpoint was opened with `quality: 'seconds'`. */
  | { type: 'quality'; metrics: QualityMetrics }
  /** Several seconds in a row were heard better or worse than those before. */
  | { type: 'qualityChanged'; from: QualityLevel; to: QualityLevel; metrics: QualityMetrics }
  /** Keys are there: media flows encrypted from now on. Told again where they were replaced. */
  | { type: 'secured'; keying: 'sdes' | 'dtls'; suite: string }
  /**
   * Many packets within ten seconds that were not the peer's, where media is encrypted: forged, damaged,
   * in the clear, or `replayed`, under a number that was there before (RFC 3711 §3.3.2). None is heard.
   */
  | { type: 'intrusion'; packets: number; replayed: number }
  /** The endpoint cannot go on and is to be closed: its worker died, `ICE_FAILED`, `DTLS_FAILED`. */
  | { type: 'failed'; code: string; message: string }
  /**
   * Candidates that are not in the answer, and that these are all: the body of an INFO for the package
   * `trickle-ice` (RFC 8840 §9). Told only where `trickle` was wanted.
   */
  | { type: 'candidate'; fragment: string };

/**
 * How an endpoint's media is protected: what was agreed. `sdes`: keys in the descriptions (RFC 4568),
 * known to all who could read them; `dtls-srtp`: of a handshake (RFC 5763), `isVerified` once it is over and
 * has shown the certificate that the other side's description names.
 */
export type EndpointSecurity =
  | { readonly kind: 'plain' }
  | { readonly kind: 'sdes'; readonly suite?: SrtpSuite }
  | { readonly kind: 'dtls-srtp'; readonly suite?: SrtpSuite; readonly isVerified: boolean };

/** What an endpoint is opened with. */
export interface EndpointRequest {
  /** For logs and statistics, such as the session's id. */
  readonly label: string;
  /** Names of codecs of the engine, or of its package, in order of preference; default: the engine's. */
  readonly codecs?: readonly string[];
  /**
   * Whether media is encrypted: `off` never, `optional` where the other side asks for it,
   * `best-effort` where it can (RFC 8643), `required` always. What was once agreed encrypted stays
   * so. Default: the backend's.
   */
  readonly srtp?: SrtpPolicy;
  /** How keys come about, preferred first: in the description (RFC 4568), by DTLS (RFC 5763). */
  readonly keying?: readonly ('sdes' | 'dtls')[];
  /**
   * How it takes part in ICE (RFC 8445): offers have it, answers where the other side offered it.
   * `lite` makes no checks, for servers that everybody reaches. Default: the backend's, in answers.
   */
  readonly ice?: 'off' | 'full' | 'lite';
  /** Milliseconds of audio per packet that we like to receive: 10–100. Default: the backend's. */
  readonly ptimeMs?: number;
  /**
   * Which ways of sending digits are listened to: events (RFC 4733), tones in the audio. A digit
   * that comes both ways is told once. Default: the backend's.
   */
  readonly digits?: readonly ('rtp' | 'inband')[];
  /**
   * Whether silence is told instead of sent, both ways, where the other side has comfort noise, too
   * (RFC 3389). Default: the backend's, which is not.
   */
  readonly comfortNoise?: boolean;
  /** Tells when the peer speaks and when it is silent; default: the backend's. */
  readonly speech?: SpeechOptions;
  /** Tells what the network says by tones; default: the backend's, which is not. */
  readonly tones?: ToneOptions;
  /** Whether each second's quality is told, or only its changes; default: the backend's. */
  readonly quality?: 'changes' | 'seconds';
  onEvent(event: MediaEndpointEvent): void;
}

/** What holds for both ends of a relay alike, or for each its own; absent: the backend's default. */
export type PerEnd<T> = T | { readonly a?: T; readonly b?: T };

/** What a stream is opened with whose negotiation is the program's own. */
export type StreamRequest = Pick<EndpointRequest, 'label' | 'quality' | 'onEvent'>;

/** What a relay is opened with. */
export interface RelayRequest {
  readonly label: string;
  /** Whose its ends are, by the application's names; a `MediaManager` finds them by these. */
  readonly sessions?: { readonly a?: string; readonly b?: string };
  /** Encoding names that may pass; default: everything that both ends agree on. */
  readonly codecs?: readonly string[];
  /**
   * Whether what one end sends and the other does not take is decoded and encoded: only where the two
   * share no codec. Default: the backend's.
   */
  readonly transcode?: 'never' | 'whenNeeded';
  /**
   * Whether each end takes telephone events (RFC 4733) though the other has none: its digits are told
   * as not `passed` then, and `sendDigits` sends events within what passes. Default not.
   */
  readonly convertDigits?: boolean;
  /**
   * Whether digits are listened for in the audio of an end, which is decoded for that. They are told
   * as not `passed`, and their tones do not go on but for their beginning. It takes one of the places of
   * `maxTranscoded`: where none is free, nothing is listened for. Default not.
   */
  readonly inbandDigits?: PerEnd<boolean>;
  /** Whether media is encrypted, at both ends alike or at each its own way; see `EndpointRequest`. */
  readonly srtp?: PerEnd<SrtpPolicy>;
  /** How keys come about, preferred first: in the description (RFC 4568), by DTLS (RFC 5763). */
  readonly keying?: PerEnd<readonly ('sdes' | 'dtls')[]>;
  /** How each end takes part in ICE; see `EndpointRequest`. */
  readonly ice?: PerEnd<'off' | 'full' | 'lite'>;
  /** Whether each second's quality is told, or only its changes; default: the backend's. */
  readonly quality?: 'changes' | 'seconds';
  onEvent(end: 'a' | 'b', event: MediaEndpointEvent): void;
}

/** Where the RTP of an endpoint is, and what was agreed about it. */
export interface EndpointRtp {
  /** Our synchronisation source at first, and its name (RFC 3550 §6.5.1). */
  readonly ssrc: number;
  readonly cname: string;
  /** Absent before a description needed it. */
  readonly local?: { readonly address: string; readonly port: number };
  /** Absent before the first agreement. */
  readonly agreed?: NegotiatedMedia;
}

/** Counters and measurements of one endpoint (RFC 3550 §6.4); sums since it was opened. */
export interface MediaStats {
  readonly codec?: string;
  readonly direction: MediaDirection;
  readonly local?: { readonly address: string; readonly port: number };
  readonly remote?: { readonly address: string; readonly port: number };
  readonly packetsSent: number;
  /** Of payload. */
  readonly bytesSent: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  /** Late, duplicate or overflowing packets that were received and not played. */
  readonly packetsDiscarded: number;
  /** Interarrival jitter of RFC 3550 in milliseconds. */
  readonly jitterMs: number;
  /** From RTCP, absent until the other side reported. */
  readonly roundTripMs?: number;
  /** Packets that were dropped because another than the peer sent them. */
  readonly strangers: number;
  /** Packets of the peer's that are no RTP, or whose type or time was not agreed. */
  readonly unwanted: number;
  /** How packets are encrypted (RFC 4568); absent in the clear. */
  readonly srtp?: SrtpSuite;
  /** What was agreed about that; absent before the first agreement. */
  readonly security?: EndpointSecurity;
  /** Packets that were forged, damaged, repeated, or in the clear where they may not be. */
  readonly unauthentic: number;
  /** How well the other side was heard over the whole call; absent before anything came. */
  readonly quality?: QualityMetrics;
  /** What the other side reports of how it hears us (RFC 3611 §4.7); absent until it does. */
  readonly peerQuality?: VoipMetrics;
  /** At the end of a relay only while what comes there is decoded: what passes is not held back. */
  readonly jitterBuffer?: JitterBufferStats;
  /**
   * Of an end of a relay: what came in last that had to be decoded, what it was encoded as, by
   * encoding names, and why: the ends have no codec in common, one sends what the other does not take,
   * or digits are listened for in its audio. Absent where everything passed as it was.
   */
  readonly transcoded?: {
    readonly from: string;
    readonly to: string;
    readonly reason: 'noCommonCodec' | 'unsharedCodec' | 'inbandDigits';
  };
}

/** One RTP endpoint: it speaks offer and answer, and owns everything that was negotiated. */
export interface MediaEndpoint {
  /**
   * Rejects with `MEDIA_WRONG_STATE` while an offer of ours waits for its answer; here and in
   * `acceptOffer` with `MEDIA_PORTS_EXHAUSTED` (a 503), `MEDIA_ADDRESS_UNAVAILABLE`.
   */
  createOffer(intent?: MediaIntent): Promise<Sdp>;
  /** Resolves with our answer; rejects with `MEDIA_NOT_ACCEPTABLE` (a 488) where nothing fits. */
  acceptOffer(offer: Sdp, intent?: MediaIntent): Promise<Sdp>;
  /** Rejects with `MEDIA_NOT_ACCEPTABLE` where the answer does not fit our offer. */
  acceptAnswer(answer: Sdp): Promise<void>;
  /** Our offer was refused (488, 491): what was agreed before holds again. */
  rollback(): Promise<void>;
  /**
   * Takes candidates that came after the description: the body of an INFO with
   * `application/trickle-ice-sdpfrag` (RFC 8840 §9). Those of another generation, and where media may
   * not go, are passed over. Rejects with `MEDIA_NOT_ACCEPTABLE` for what is no such body.
   */
  addCandidates(fragment: string): Promise<void>;
  /** As it is now. */
  readonly rtp: EndpointRtp;
  stats(): Promise<MediaStats>;
  /** Frees ports; resolves with the final statistics. Idempotent. */
  close(): Promise<MediaStats>;
  /**
   * Plays, in place of what is played unless `queue` says otherwise; goes before what `audioOut`
   * says, and waits while the direction does not let us send.
   */
  play(source: AudioSource, options?: PlayOptions): Playback;
  /**
   * Resolves when everything that was played, queued and written to `audioOut` up to now has left
   * as RTP. Rejects with `MEDIA_TOO_MANY_MARKS`, `MEDIA_FAILED`, and `MEDIA_CLOSED` after the end.
   */
  mark(name: string): Promise<MarkOutcome>;
  /**
   * Silence from the next packet on: ends what is played, forgets what waits and what was written
   * to `audioOut`, which stays open. Digits under way are sent to their end.
   */
  clear(): Promise<Cleared>;
  /**
   * Records what is heard: silence where nothing came, so its length is the time. Rejects with
   * `RECORDING_FAILED`.
   */
  record(target: RecordTarget, options?: RecordOptions): Promise<Recording>;
  /**
   * Sends digits `0-9*#A-D`, in place of all other audio; resolves when all are sent. Rejects with
   * `MEDIA_BAD_DIGITS`, `MEDIA_NO_TELEPHONE_EVENT` (asked for, and not agreed),
   * `MEDIA_TOO_MANY_DIGITS`, `MEDIA_WRONG_STATE` before anything is agreed.
   */
  sendDigits(digits: string, options?: DigitOptions): Promise<void>;
  /** Sends back what is heard, while nothing else is played. */
  echo(enabled: boolean): void;
  /**
   * Whether the other side hears silence from now on, told as comfort noise where that was agreed,
   * whatever is said, played, mixed or echoed here: time goes on for all of it, and digits are sent.
   * Nothing is negotiated; a recording has the silence as well. Before the first agreement: from its
   * first packet on. Rejects with `MEDIA_UNSUPPORTED`, `MEDIA_CLOSED`.
   */
  mute(muted: boolean): Promise<void>;
  /**
   * Listens, from now on, whether a human or a machine has answered: call it when the call was
   * answered, and be silent meanwhile. Where it is a machine, its beep is told as `tone`. Rejects
   * with `MEDIA_WRONG_STATE` where another detection begins, `MEDIA_CLOSED`.
   */
  detectAnsweringMachine(options?: AnswererOptions): Promise<AnswererOutcome>;
  /**
   * What is heard, in frames of a packet's time, at the rate of the program (one of `SAMPLE_RATES`,
   * default 8000), whatever the codec. A reader that is a second behind misses frames.
   */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame>;
  /** What shall be said, at any rate of `SAMPLE_RATES`; a writer that is ahead waits. */
  audioOut(): WritableStream<PcmFrame>;
}

/** One stream of a call, as a recording server is sent it. */
export interface RecordedStream {
  /** How the description, and the metadata beside it, name its line: a token (RFC 4574). */
  readonly label: string;
  /** An endpoint of the same engine, or an end of one of its relays, with media agreed. */
  readonly of: MediaEndpoint;
  /** Whether what it receives is recorded, or what it sends. */
  readonly flow: 'received' | 'sent';
}

/** What a recording server is sent. */
export interface RecordingFeedRequest {
  readonly label: string;
  /** One line of the description for each, in this order: 1 to 16. */
  readonly streams: readonly RecordedStream[];
  /** Whether the copies are encrypted; default: the engine's. */
  readonly srtp?: SrtpPolicy;
  readonly keying?: readonly ('sdes' | 'dtls')[];
  onEvent(event: MediaEndpointEvent): void;
}

/** What sends to a recording server: it has streams of its own for each line, and no one of all. */
export type FeedEndpoint = Omit<MediaEndpoint, 'rtp'>;

/** The media engine, and how it does. */
export interface MediaEngine {
  /** Takes no ports yet: the first offer does, once it was read and found good. Rejects with `MEDIA_CLOSED`. */
  openEndpoint(request: EndpointRequest): Promise<MediaEndpoint>;
  /**
   * Two endpoints whose media flows through each other, decoded only where it cannot pass, or digits
   * are listened for in it. `acceptOffer` on one end resolves once the offer that `createOffer` at the
   * other end derives from it was answered.
   */
  openRelay(request: RelayRequest): Promise<{ a: MediaEndpoint; b: MediaEndpoint }>;
  /** A conference; rejects with `MEDIA_UNSUPPORTED` where the backend cannot mix. */
  openConference(request: ConferenceRequest): Promise<MediaConference>;
  /**
   * Copies of streams for a recording server (RFC 7866), undecoded: an endpoint that only sends, with
   * a line `a=sendonly` and `a=label` for each stream. A line that the server refuses is not sent; of
   * a stream whose codec it does not take, nothing is. Media of the streams is as it was. Rejects with
   * `MEDIA_UNSUPPORTED` for streams that are not this engine's, or lie in several threads, and with
   * `MEDIA_BAD_FEED`; its `createOffer` with `MEDIA_WRONG_STATE` where nothing was agreed of a stream yet.
   */
  openRecordingFeed(request: RecordingFeedRequest): Promise<FeedEndpoint>;
  /** An endpoint without descriptions: the program says what was agreed. Rejects as `openEndpoint`. */
  openStream(request: StreamRequest): Promise<RtpStream>;
  /** Open endpoints and bound ports: both zero after everything was closed. */
  usage(): { endpoints: number; ports: number };
  /** How late the packets of all streams were sent, for each worker. */
  lateness(): Promise<LatenessHistogram[]>;
  /** Closes every endpoint and resolves when sockets and workers are gone. */
  close(): Promise<void>;
}
