import type { MediaDirection, Sdp, SrtpPolicy, SrtpSuite } from '../sdp/index.ts';
import type { RtpStream } from './rtp-stream.ts';
import type { LatenessHistogram } from '../core/ticker.ts';
import type { QualityLevel } from '../quality/quality-level.ts';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import type { VoipMetrics } from '../rtp/voip-metrics.ts';

// What session-core declares as its port `MediaBackend`, told once more as what this engine gives:
// the port is satisfied by structure, and this package depends on none above it.

/** What an offer or an answer shall say. */
export interface MediaIntent {
  /** Default `sendrecv`. In an answer it is narrowed to what the offer allows. */
  readonly direction?: MediaDirection;
  /** Whether an offer begins ICE anew (RFC 8445 §9): after a change of networks. Default not. */
  readonly iceRestart?: boolean;
}

/** What an endpoint tells; plain data. */
export type MediaEndpointEvent =
  /** A packet was taken from a source for the first time: media flows from there. */
  | { type: 'started'; remote: { address: string; port: number } }
  /** A digit was pressed (RFC 4733), told once when it ends. */
  | { type: 'digit'; digit: string; durationMs: number }
  /**
   * Nothing was heard for this long though the other side may send; `initial` where nothing ever
   * came. Told once per silence.
   */
  | { type: 'timeout'; silentMs: number; initial: boolean }
  /** How the last second was heard; only where the endpoint was opened with `quality: 'seconds'`. */
  | { type: 'quality'; metrics: QualityMetrics }
  /** Several seconds in a row were heard better or worse than those before. */
  | { type: 'qualityChanged'; from: QualityLevel; to: QualityLevel; metrics: QualityMetrics }
  /** Keys are there: media flows encrypted from now on. Told again where they were replaced. */
  | { type: 'secured'; keying: 'sdes' | 'dtls'; suite: string }
  /** The endpoint cannot go on: its worker died. */
  | { type: 'failed'; code: string; message: string };

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
  /** Encoding names that may pass; default: everything that both ends agree on. */
  readonly codecs?: readonly string[];
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
  /** Packets that were forged, damaged, repeated, or in the clear where they may not be. */
  readonly unauthentic: number;
  /** How well the other side was heard over the whole call; absent before anything came. */
  readonly quality?: QualityMetrics;
  /** What the other side reports of how it hears us (RFC 3611 §4.7); absent until it does. */
  readonly peerQuality?: VoipMetrics;
  /** Absent at the end of a relay, which holds nothing back. */
  readonly jitterBuffer?: {
    readonly targetMs: number;
    readonly late: number;
    readonly duplicates: number;
    readonly overflowed: number;
    readonly underruns: number;
  };
}

/** 16-bit PCM, mono. */
export interface PcmFrame {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  /** Samples since the stream began. */
  readonly timestamp: number;
}

/** What can be played. */
export type AudioSource =
  | { type: 'tone'; frequencyHz: number; levelDbm0?: number }
  | { type: 'file'; path: string; loop?: boolean };

/** Something that is being played. */
export interface Playback {
  /**
   * Resolves when the last sample left, or when it was stopped, also by a newer one or by `close`.
   * Rejects with `WAV_UNREADABLE` and its kin, `BAD_TONE`, `MEDIA_FAILED`; may be left alone.
   */
  readonly finished: Promise<{ playedMs: number; stopped: boolean }>;
  stop(): void;
}

/** A recording under way. */
export interface Recording {
  /** Completes the file and resolves with what it holds. */
  stop(): Promise<{ path: string; durationMs: number }>;
}

/** One RTP endpoint: it speaks offer and answer, and owns everything that was negotiated. */
export interface MediaEndpoint {
  /** Rejects with `MEDIA_WRONG_STATE` while an offer of ours waits for its answer. */
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
  stats(): Promise<MediaStats>;
  /** Frees ports; resolves with the final statistics. Idempotent. */
  close(): Promise<MediaStats>;
  /** Replaces what is played; waits while the direction does not let us send. */
  play(source: AudioSource): Playback;
  /** Records what is heard into a WAV file: silence where nothing came, so its length is the time. */
  record(path: string): Promise<Recording>;
  /**
   * Sends digits `0-9*#A-D` as RFC 4733 events; resolves when all are sent. Durations 40–8000 ms
   * (default 100), gaps from 40 ms (default 100). Rejects with `MEDIA_BAD_DIGITS`,
   * `MEDIA_NO_TELEPHONE_EVENT`, `MEDIA_TOO_MANY_DIGITS`.
   */
  sendDigits(digits: string, options?: { durationMs?: number; gapMs?: number }): Promise<void>;
  /** Sends back what is heard, while nothing else is played. */
  echo(enabled: boolean): void;
  /**
   * What is heard, in frames of a packet's time, at the rate of the program (one of `SAMPLE_RATES`,
   * default 8000), whatever the codec. A reader that is a second behind misses frames.
   */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame>;
  /** What shall be said, at any rate of `SAMPLE_RATES`; a writer that is ahead waits. */
  audioOut(): WritableStream<PcmFrame>;
}

/** The media engine, and how it does. */
export interface MediaEngine {
  /** Rejects with `MEDIA_PORTS_EXHAUSTED`, `MEDIA_ADDRESS_UNAVAILABLE`, `MEDIA_CLOSED`. */
  openEndpoint(request: EndpointRequest): Promise<MediaEndpoint>;
  /**
   * Two endpoints whose media flows through each other, undecoded. `acceptOffer` on one end
   * resolves once the offer that `createOffer` at the other end derives from it was answered.
   */
  openRelay(request: RelayRequest): Promise<{ a: MediaEndpoint; b: MediaEndpoint }>;
  /** An endpoint without descriptions: the program says what was agreed. Rejects as `openEndpoint`. */
  openStream(request: StreamRequest): Promise<RtpStream>;
  /** Open endpoints and bound ports: both zero after everything was closed. */
  usage(): { endpoints: number; ports: number };
  /** How late the packets of all streams were sent, for each worker. */
  lateness(): Promise<LatenessHistogram[]>;
  /** Closes every endpoint and resolves when sockets and workers are gone. */
  close(): Promise<void>;
}
