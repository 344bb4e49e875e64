import type { DigitSource } from '../core/core-api.ts';
import type { SpeechOptions } from '../speech/index.ts';
import type { ToneOptions } from '../tones/index.ts';
import type { Endpoint, Runtime } from '@strowger/runtime';
import type { CodecDefinition } from '../codec/audio-codec.ts';
import type { TurnServer } from '../ice/index.ts';
import type { QualityThresholds } from '../quality/quality-level.ts';
import type { SourceLearning } from '../rtp/source-lock.ts';
import type { Keying, SrtpPolicy } from '../sdp/index.ts';
import type { AudioSource } from './media-capabilities.ts';
import type { IceMode } from './local-ice.ts';
import type { RemoteAddressSettings } from './remote-policy.ts';

/** What an engine is made with. */
export interface MediaEngineOptions {
  /** Local IP address that is bound and told in SDP. */
  readonly address: string;
  /** Even ports of this range carry RTP, the odd ones above them RTCP. */
  readonly ports: { readonly from: number; readonly to: number };
  /**
   * In order of preference: `pcmu`, `pcma`, `g722`, `opus`, `l16` (44 100 Hz), `l16/8000`,
   * `l16/16000`, `l16/24000`, `l16/48000`, or codecs of your own. Default: the first four.
   */
  readonly codecs?: readonly (string | CodecDefinition)[];
  /** Threads that carry the media; 0, the default, for this one. */
  readonly workers?: number;
  /**
   * For how long at least a worker does not look at its sockets again once something had come: packets
   * of many streams are served together then, for less CPU and up to so much delay. 0 to 10, fractions
   * allowed; default 0, at once. Each packet of a relay comes to the program then, where otherwise
   * its socket sends most of them on by itself. This thread (`workers: 0`) always looks at once.
   */
  readonly wakeUpMs?: number;
  /**
   * A module that exports `createDatagramIo`, by its URL, such as
   * `import.meta.resolve('@strowger/datagram-batch')`: the sockets of workers are made by it. Where it
   * cannot be had, endpoints reject with `MEDIA_DATAGRAMS_UNAVAILABLE`. Default `dgram`; with
   * `workers: 0`, the runtime's.
   */
  readonly workerDatagrams?: URL | string | undefined;
  /**
   * The service class of all media that leaves (RFC 2474; RFC 4594 says 46, EF, for telephony), 0 to 63,
   * where the sockets can be marked: those of datagram-batch. Default: unmarked.
   */
  readonly dscp?: number | undefined;
  /**
   * For how long a worker may do nothing, in milliseconds, before it counts as dead and is ended; 100 to
   * 600 000, default 5000. One that has only begun may take six times as long to read its program.
   */
  readonly workerTimeoutMs?: number;
  /** The built `worker.js`, where a bundler has moved it. */
  readonly workerEntry?: URL;
  /** Default `nodeRuntime()`. Workers have their own clock and sockets: see `workerDatagrams`. */
  readonly runtime?: Runtime;
  /** How long a pair of ports rests after its use; default 5000. */
  readonly portRestMs?: number;
  /**
   * Silence after which `timeout` is told, of a side that may send; default 30 000. Nothing more is
   * sent then to an address from which nothing has ever come: it may be a victim's.
   */
  readonly timeoutMs?: number;
  /** The same where nothing ever came since media was agreed; default as `timeoutMs`. */
  readonly initialTimeoutMs?: number;
  /**
   * Where levels of quality end, in MOS; default 3.6 and 3.1. `tell`: what endpoints tell that do not
   * say it themselves, each second or changes of the level alone; default `changes`.
   */
  readonly quality?: Partial<QualityThresholds> & { readonly tell?: 'changes' | 'seconds' };
  /** Whether media of endpoints is encrypted that do not say it themselves; default `optional`. */
  readonly srtp?: SrtpPolicy;
  /** How keys come about, preferred first; default `sdes`, then `dtls`. */
  readonly keying?: readonly Keying[];
  /**
   * How endpoints take part in ICE (RFC 8445) that do not say it themselves: they take it where the
   * other side offers it, and offer it themselves only where their request says so. `lite` makes no
   * checks and asks nobody: for servers that everybody reaches. Default `off`.
   */
  readonly ice?: IceMode;
  /** Who tells full implementations where they are seen (RFC 8489): IP addresses, no names. */
  readonly stunServers?: readonly Endpoint[];
  /** Relays for where nothing else works (RFC 8656), over UDP; the first is used. */
  readonly turnServers?: readonly TurnServer[];
  /** Which ways of sending digits endpoints listen to that do not say it themselves; default `rtp`. */
  readonly digits?: readonly DigitSource[];
  /** Tells of every endpoint what its network says by tones, unless it says so itself; default not. */
  readonly tones?: ToneOptions;
  /** Tells of every endpoint when its peer speaks, unless it says so itself; default not. */
  readonly speech?: SpeechOptions;
  /**
   * Whether endpoints that do not say it themselves offer and take comfort noise (RFC 3389) beside
   * G.711, G.722 and L16: where the other side has it, too, silence is not sent, but told. Default not.
   */
  readonly comfortNoise?: boolean;
  /** Milliseconds of audio per packet that endpoints like to receive, unless they say it themselves. */
  readonly ptimeMs?: number;
  /** How relays do whose requests do not say it themselves, and how many of them. */
  readonly relay?: RelaySettings;
  /** Where media may go; at a public edge neither to this machine nor to its link. */
  readonly remotes?: RemoteAddressSettings;
  /**
   * Which sources beside the negotiated address media is taken from: of its network (/24, /64) or,
   * where the address is private, of any (`near`, the default); of any (`anywhere`, for peers whose
   * media leaves by another network than it comes in); of none (`never`).
   */
  readonly learnSources?: SourceLearning;
  /** How long the negotiated address is waited for before another is learned; default 250. */
  readonly sourceGraceMs?: number;
  /** Silence after which a peer may go on from another port of its host; default 3000. */
  readonly relatchAfterMs?: number;
  /** Bounds of the jitter buffer's delay; default 40 to 200. */
  readonly jitterMs?: { readonly minimum: number; readonly maximum: number };
}

/** What relays do beyond passing packets on. */
export interface RelaySettings {
  /**
   * Whether a relay decodes and encodes where its two ends share no codec; default `whenNeeded`: what
   * we speak ourselves is offered behind the codecs that pass.
   */
  readonly transcode?: TranscodePolicy;
  /**
   * So many relays of one worker may transcode at the same time, those among them whose offer waits
   * for its answer; default 50. Beyond that only what passes is offered.
   */
  readonly maxTranscoded?: number;
  /**
   * What the peer of one end hears, over and over, as long as that of the other end holds (RFC 5359
   * §2.3), whatever that one sends meanwhile: no stream, as many may hear it at once. Who is held that way
   * is offered `sendonly`, also where who holds said `inactive`. Default: what who holds sends.
   */
  readonly holdMusic?: Exclude<AudioSource, { type: 'stream' }>;
}

/** Whether a relay may decode and encode. */
export type TranscodePolicy = 'never' | 'whenNeeded';
