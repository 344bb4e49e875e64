import type { PeerQuality, QualityLevel, QualityMetrics } from './quality-metrics.ts';

/** A session description as it stands on the wire (RFC 8866); opaque to session-core. */
export type Sdp = string;

/** Direction of media as seen from this side (RFC 3264 §5.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What an offer or an answer shall say. */
export interface MediaIntent {
  /** Default `sendrecv`. In an answer it is narrowed to what the offer allows. */
  readonly direction?: MediaDirection;
  /** Whether an offer begins ICE anew (RFC 8445 §9): after a change of networks. Default not. */
  readonly iceRestart?: boolean;
}

/** What an endpoint tells; plain data. */
export type MediaEndpointEvent =
  /** The first packet was taken: media flows from this source. */
  | { type: 'started'; remote: { address: string; port: number } }
  /** A digit was pressed (RFC 4733), told once when it ends. */
  | { type: 'digit'; digit: string; durationMs: number }
  /**
   * Nothing was heard for this long though the other side may send; `initial` where nothing ever
   * came. Told once per silence.
   */
  | { type: 'timeout'; silentMs: number; initial?: boolean }
  /** How the last second was heard; only where the endpoint was opened with `quality: 'seconds'`. */
  | { type: 'quality'; metrics: QualityMetrics }
  /** Several seconds in a row were heard better or worse than those before. */
  | { type: 'qualityChanged'; from: QualityLevel; to: QualityLevel; metrics: QualityMetrics }
  /** Keys are there: media flows encrypted from now on. Told again where they were replaced. */
  | { type: 'secured'; keying: 'sdes' | 'dtls'; suite: string }
  /** The endpoint cannot go on (socket lost, worker dead). */
  | { type: 'failed'; code: string; message: string };

/** Whether media is encrypted; see `EndpointRequest`. */
export type SrtpPolicy = 'off' | 'optional' | 'best-effort' | 'required';

/** What an endpoint is opened with. */
export interface EndpointRequest {
  /** For logs and statistics, such as the session's id. */
  readonly label: string;
  /** Encoding names in order of preference, lower case (`pcmu`, `pcma`); default: the backend's. */
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

/** What a relay is opened with; its events name the end that they are of. */
export interface RelayRequest {
  readonly label: string;
  /** Limits what may pass; default: everything that both ends agree on. */
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
  /** How well the other side was heard over the whole call; absent where that is not measured. */
  readonly quality?: QualityMetrics;
  /** What the other side reports of how it hears us (RFC 3611 §4.7); absent until it does. */
  readonly peerQuality?: PeerQuality;
}

/** 16-bit PCM, mono. */
export interface PcmFrame {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  /** Samples since the stream began. */
  readonly timestamp: number;
}

/** What can be played: a sine tone (level in dBm0, ITU-T G.711), or a WAV file. */
export type AudioSource =
  | { type: 'tone'; frequencyHz: number; levelDbm0?: number }
  | { type: 'file'; path: string; loop?: boolean };

/** A tone or file that is being played. */
export interface Playback {
  /** Resolves when the last sample left, or when it was stopped. */
  readonly finished: Promise<{ playedMs: number; stopped: boolean }>;
  stop(): void;
}

/** A file that is being recorded. */
export interface Recording {
  /** Completes the file and resolves with what it holds. */
  stop(): Promise<{ path: string; durationMs: number }>;
}

/** What may be done with an endpoint's audio. What a backend lacks throws `MEDIA_UNSUPPORTED`. */
export interface MediaCapabilities {
  play(source: AudioSource): Playback;
  /** Records what is heard into a WAV file. */
  record(path: string): Promise<Recording>;
  /** Sends digits `0-9*#A-D` as RFC 4733 events, one after the other; resolves when all are sent. */
  sendDigits(digits: string, options?: { durationMs?: number; gapMs?: number }): Promise<void>;
  /** Sends back what is heard. */
  echo(enabled: boolean): void;
  /** What is heard, and what shall be said, as Web Streams; at most one of each at a time. */
  /** In: at the program's rate in Hz, default 8000; out: at the rate of each frame. */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame>;
  audioOut(): WritableStream<PcmFrame>;
}

/**
 * One RTP endpoint: it speaks offer and answer (RFC 3264), and owns everything that was negotiated.
 * Everything rejects with a `StrowgerError`: `MEDIA_CLOSED` once it is closed, `MEDIA_WRONG_STATE`
 * for an offer while our own is open and for an answer that nobody waits for.
 */
export interface MediaEndpoint extends MediaCapabilities {
  createOffer(intent?: MediaIntent): Promise<Sdp>;
  /** Resolves with our answer; rejects with `MEDIA_NOT_ACCEPTABLE` (a 488) where nothing fits. */
  acceptOffer(offer: Sdp, intent?: MediaIntent): Promise<Sdp>;
  /**
   * Rejects with `MEDIA_NOT_ACCEPTABLE` where the answer does not fit our offer. Until the next
   * offer, another answer to the same one replaces the first: that of another fork (RFC 3261 §13.2).
   */
  acceptAnswer(answer: Sdp): Promise<void>;
  /** Our offer was refused (488, 491): what was agreed before holds again. */
  rollback(): Promise<void>;
  stats(): Promise<MediaStats>;
  /** Frees ports; resolves with the final statistics. Idempotent. */
  close(): Promise<MediaStats>;
}

/** Where media happens: in this process, in another one, or in a fake. */
export interface MediaBackend {
  openEndpoint(request: EndpointRequest): Promise<MediaEndpoint>;
  /**
   * Two endpoints whose media flows through each other. `acceptOffer` on one end resolves once the
   * other end's offer, which `createOffer` there derives from it, was answered.
   */
  openRelay(request: RelayRequest): Promise<{ a: MediaEndpoint; b: MediaEndpoint }>;
  /** Open endpoints and bound ports: both zero after everything was closed. */
  usage(): { endpoints: number; ports: number };
  /** Closes every endpoint and resolves when sockets and workers are gone. */
  close(): Promise<void>;
}
