import type { HeardTone, MediaCapabilities, ToneOptions } from './media-capabilities.ts';
import type { ConferenceRequest, MediaConference } from './media-conference.ts';
import type { PeerQuality, QualityLevel, QualityMetrics } from './quality-metrics.ts';

/** A session description as it stands on the wire (RFC 8866); opaque to session-core. */
export type Sdp = string;

/** Direction of media as seen from this side (RFC 3264 §5.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

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
  /** The first packet was taken: media flows from this source. */
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
  | { type: 'timeout'; silentMs: number; initial?: boolean }
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

/** Voice activity: what counts as speech, and when silence is told. Times in milliseconds. */
export interface SpeechOptions {
  /**
   * So much of it makes speech; default 70, of which a click or a single pulse is shorter. With less,
   * who barges in is heard sooner, and more noise is taken for speech.
   */
  readonly beginMs?: number;
  /** Silence that ends speech; default 500. */
  readonly endMs?: number;
  /** Silence of the peer's after which `silence` is told; default 5000. */
  readonly silenceMs?: number;
  /** Silence of both sides after which `deadAir` is told; default 10 000. */
  readonly deadAirMs?: number;
  /** Nothing below this level is speech; default −45. */
  readonly leastDbm0?: number;
  /**
   * How much weaker than what we say its echo comes back at least: what is heard within this of it
   * is not taken for speech. Default 12.
   */
  readonly echoLossDb?: number;
}

/** Whether media is encrypted; see `EndpointRequest`. */
export type SrtpPolicy = 'off' | 'optional' | 'best-effort' | 'required';

/**
 * How an endpoint's media is protected: what was really agreed. `plain`: everybody on the way can
 * hear it. `sdes`: keys came in the descriptions (RFC 4568), so that whoever could read those can.
 * `dtls-srtp`: keys came about between the two ends (RFC 5763); `isVerified` once the handshake
 * is over and has shown the certificate that the other side's description names.
 */
export type MediaSecurity =
  | { readonly kind: 'plain' }
  | { readonly kind: 'sdes'; readonly suite?: string }
  | { readonly kind: 'dtls-srtp'; readonly suite?: string; readonly isVerified: boolean };

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

/** The name of a session's media, where its backend keeps it by names. */
export type MediaSessionId = string;

/** Descriptions that an application has exchanged itself, and who tells and hears of the media. */
export interface NegotiatedRequest extends Pick<EndpointRequest, 'label' | 'onEvent'> {
  /** Our description: its port is one that the backend gave out before. */
  readonly local: Sdp;
  readonly remote: Sdp;
  /** Whose the offer was: ours, or theirs. */
  readonly role: 'offerer' | 'answerer';
}

/** What a relay is opened with; its events name the end that they are of. */
export interface RelayRequest {
  readonly label: string;
  /** Whose its ends are: ids of sessions. */
  readonly sessions?: { readonly a?: string; readonly b?: string };
  /** Limits what may pass; default: everything that both ends agree on. */
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
   * as not `passed`, and their tones do not go on but for their beginning. Default not.
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
  /** How media is protected; absent before the first agreement, or where the backend cannot tell. */
  readonly security?: MediaSecurity;
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

/**
 * One RTP endpoint: it speaks offer and answer (RFC 3264), and owns everything that was negotiated.
 * Everything rejects with a `StrowgerError`: `MEDIA_CLOSED` once it is closed, `MEDIA_WRONG_STATE`
 * for an offer while our own is open and for an answer that nobody waits for.
 */
export interface MediaEndpoint extends MediaCapabilities {
  /** What its backend knows it by; absent where that has no names. */
  readonly mediaSessionId?: MediaSessionId;
  /** Here and in `acceptOffer` ports are taken, `MEDIA_PORTS_EXHAUSTED` (a 503) where none is left. */
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
  /**
   * Takes candidates that came after the description: the body of an INFO for the package
   * `trickle-ice` (RFC 8840 §9). Rejects with `MEDIA_NOT_ACCEPTABLE` for what is none. Absent where
   * the backend takes none.
   */
  addCandidates?(fragment: string): Promise<void>;
  stats(): Promise<MediaStats>;
  /** Frees ports; resolves with the final statistics. Idempotent. */
  close(): Promise<MediaStats>;
}

/**
 * A backend that keeps media by the names of its sessions, and gives out ports before anything is
 * negotiated: media-core's `MediaManager`. What sessions have is in it under their ids.
 */
export interface SessionMediaManager extends MediaBackend {
  /** Binds a pair of ports: what a description of ours has to say. */
  setupRtpStreams(options?: { readonly label?: string }): Promise<{
    readonly mediaSessionId: MediaSessionId;
    readonly local: { readonly address: string; readonly port: number };
  }>;
  openNegotiated(request: NegotiatedRequest): Promise<MediaEndpoint>;
  /** The media of a session, by its id. */
  mediaSessionsOf(sessionId: string): MediaSessionId[];
  /** Ends one; resolves with what was counted. Rejects with `MEDIA_UNKNOWN_SESSION`. */
  stopMedia(id: MediaSessionId, reason: string): Promise<MediaStats>;
}

/** One stream of a call, as a recording server is sent it. */
export interface RecordedStream {
  /** How the description, and the metadata beside it, name its line: a token (RFC 4574). */
  readonly label: string;
  /** An endpoint of the same backend, or an end of one of its relays, with media agreed. */
  readonly of: MediaEndpoint;
  /** Whether what it receives is recorded, or what it sends. */
  readonly flow: 'received' | 'sent';
}

/** What a recording server is sent; see `openRecordingFeed`. */
export interface RecordingFeedRequest {
  /** For logs and statistics. */
  readonly label: string;
  /** One line of the description for each, in this order: 1 to 16. */
  readonly streams: readonly RecordedStream[];
  /** Whether the copies are encrypted; default: the backend's. */
  readonly srtp?: SrtpPolicy;
  /** How keys come about, preferred first. */
  readonly keying?: readonly ('sdes' | 'dtls')[];
  onEvent(event: MediaEndpointEvent): void;
}

/** Where media happens: in this process, in another one, or in a fake. */
export interface MediaBackend {
  /** Takes no ports yet: the first offer does, once it was read and found good. */
  openEndpoint(request: EndpointRequest): Promise<MediaEndpoint>;
  /**
   * Two endpoints whose media flows through each other. `acceptOffer` on one end resolves once the
   * other end's offer, which `createOffer` there derives from it, was answered.
   */
  openRelay(
    request: RelayRequest,
  ): Promise<{ a: MediaEndpoint; b: MediaEndpoint; readonly relayId?: string }>;
  /**
   * An endpoint that runs as two descriptions say which somebody else has exchanged, and negotiates on
   * from there. Rejects with `MEDIA_UNKNOWN_SESSION` where the port of `local` is none that the backend
   * gave out: nobody could take it now; with `MEDIA_NOT_ACCEPTABLE` where the two do not fit. Absent where
   * a backend makes its own descriptions alone.
   */
  openNegotiated?(request: NegotiatedRequest): Promise<MediaEndpoint>;
  /** A conference; rejects with `MEDIA_UNSUPPORTED` where the backend cannot mix. */
  openConference(request: ConferenceRequest): Promise<MediaConference>;
  /**
   * Copies of streams for a recording server (RFC 7866), undecoded: an endpoint that only sends, with
   * a line `a=sendonly` and `a=label` for each stream. A line that the server refuses is not sent; of
   * a stream whose codec it does not take, nothing is. Media of the streams is as it was. Rejects with
   * `MEDIA_UNSUPPORTED` for streams that are not this backend's, or lie in several threads, and with
   * `MEDIA_BAD_FEED`; its `createOffer` with `MEDIA_WRONG_STATE` where nothing was agreed of a stream yet.
   */
  openRecordingFeed(request: RecordingFeedRequest): Promise<MediaEndpoint>;
  /** Open endpoints and bound ports: both zero after everything was closed. */
  usage(): { endpoints: number; ports: number };
  /** Closes every endpoint and resolves when sockets and workers are gone. */
  close(): Promise<void>;
}
