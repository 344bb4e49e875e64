/** 16-bit PCM, mono. */
export interface PcmFrame {
  readonly samples: Int16Array;
  readonly sampleRate: number;
  /** Samples since the stream began. */
  readonly timestamp: number;
}

/** When who answered is taken for what; times in milliseconds, each more than 0. */
export interface AnswererOptions {
  /** Nobody has spoken for so long, and no ring back came: `unknown`; default 4500. */
  readonly initialSilenceMs?: number;
  /** A greeting that is longer is a machine's, pauses within it included; default 2400. */
  readonly greetingMs?: number;
  /** A greeting of more words is a machine's; default 8. */
  readonly maximumWords?: number;
  /** So much silence after a short greeting is a human who waits; default 900. */
  readonly pauseMs?: number;
  /** Until then nothing was certain: `unknown`; default 8000. */
  readonly maximumMs?: number;
}

/** Who answered, and what shows it. */
export interface AnswererOutcome {
  readonly answeredBy: 'human' | 'machine' | 'unknown';
  /**
   * A pause after a short greeting; a greeting that is long, or has many words; a beep; that nobody
   * spoke; that it took too long.
   */
  readonly reason: 'pause' | 'greeting' | 'words' | 'beep' | 'silence' | 'time';
  /** From the beginning of listening. */
  readonly afterMs: number;
}

/** What a network says by a tone (ITU-T E.180). */
export type ProgressToneName =
  | 'dial'
  | 'ringback'
  | 'busy'
  | 'congestion'
  | 'callWaiting'
  | 'specialInformation';

/** What is heard of a network, of a fax machine or a modem. */
export type HeardTone =
  | 'dial'
  | 'ringback'
  | 'busy'
  | 'congestion'
  | 'specialInformation'
  | 'faxCalling'
  | 'dataAnswer';

/** Which tones are listened for. */
export interface ToneOptions {
  /** Whose cadences they have (ISO 3166-1, in lower case); default: those of any, less exactly. */
  readonly country?: string;
}

/** What can be played; a tone's level is in dBm0 (ITU-T G.711). */
export type AudioSource =
  | { type: 'tone'; frequencyHz: number; levelDbm0?: number }
  /**
   * What the network of a country (its code of ISO 3166-1 in lower case) says by a tone, over and
   * over; the level, default −10 dBm0, is that of all its frequencies together.
   */
  | { type: 'tone'; name: ProgressToneName; country: string; levelDbm0?: number }
  | { type: 'file'; path: string; loop?: boolean }
  /**
   * A WAV file of a server, heard while it still comes: over http or https, at most `maxBytes`
   * (default 32 MiB), from a server that is silent for `timeoutMs` (default 10 000) at most.
   */
  | {
      type: 'url';
      url: string;
      headers?: Readonly<Record<string, string>>;
      maxBytes?: number;
      timeoutMs?: number;
    }
  /** What a program makes, at any rate that the backend knows; whoever is ahead waits. */
  | { type: 'stream'; stream: ReadableStream<PcmFrame> };

/** How it is played. */
export interface PlayOptions {
  /** After everything that plays and waits, without a gap, instead of in its place. */
  readonly queue?: boolean;
  /** For ever, or so many times in all; a stream is played once. Default `false`. */
  readonly loop?: boolean | number;
  /** A factor, 0 to 16, saturating; default 1: as it is. */
  readonly gain?: number;
  /** It ends after so long, though there is more. */
  readonly durationMs?: number;
}

/** Something that is being played. */
export interface Playback {
  /**
   * Resolves when the last sample left, or when it was stopped, also by a newer one, by `clear` or
   * by `close`. Rejects with `WAV_UNREADABLE` and its kin, `BAD_TONE`, `MEDIA_BAD_PLAY`,
   * `MEDIA_QUEUE_FULL` (more than 100 wait), `MEDIA_STREAM_FAILED`, `MEDIA_FAILED`; may be left
   * alone.
   */
  readonly finished: Promise<{ playedMs: number; stopped: boolean }>;
  /** Ends it; what waits behind it follows. */
  stop(): void;
  /** Holds it, and what waits behind it; what a program says is heard meanwhile. */
  pause(): void;
  resume(): void;
}

/** What has become of a mark. */
export interface MarkOutcome {
  readonly name: string;
  /** Whether all audio before it has left as RTP; `false` where it was cleared or closed. */
  readonly reached: boolean;
}

/** What `clear` has silenced. */
export interface Cleared {
  /**
   * How much sound had left as RTP since the last mark that was reached; without one, since the
   * last `clear` or since the beginning. What stands on the way to the ear is part of it.
   */
  readonly heardMs: number;
  /** The last mark that was reached since the last `clear`. */
  readonly lastMark?: string;
  /** The marks that will not be reached, in their order. */
  readonly marks: readonly string[];
}

/** How digits are sent. */
export interface DigitOptions {
  /** 40 to 8000; default 100. */
  readonly durationMs?: number;
  /** Silence behind each digit: 40 to 8000; default 100. */
  readonly gapMs?: number;
  /** As events (RFC 4733), as tones in the audio, or by default as what the other side takes. */
  readonly via?: 'auto' | 'rtp' | 'inband';
  /**
   * At the end of a relay: a digit that the other end's peer says as an event, too, at this moment or
   * just before, passes there and is not sent a second time. Default not.
   */
  readonly once?: boolean;
}

/** Where a recording goes that no program takes. */
export type StoredRecordTarget =
  /** The path of a file, which is created, or emptied. */
  | string
  | { readonly type: 'file'; readonly path: string }
  /**
   * A server, over http or https: one request, PUT by default, whose chunks follow the recording and
   * which is to be answered with 2xx. Redirects are not followed.
   */
  | {
      readonly type: 'http';
      readonly url: string;
      readonly method?: 'PUT' | 'POST';
      readonly headers?: Readonly<Record<string, string>>;
    };

/** Where a recording goes. What is slow misses audio once a minute of it waits (`lostMs`). */
export type RecordTarget =
  | StoredRecordTarget
  /** A program; the stream is closed at the end (a Node stream: `Writable.toWeb`). */
  | { readonly type: 'stream'; readonly stream: WritableStream<Uint8Array> };

/** How a recording is written. */
export interface RecordFormat {
  /**
   * 16-bit PCM (`wav`), or Opus in Ogg (RFC 7845). WAV to a server or a stream says no length. Default
   * `wav`.
   */
  readonly format?: 'wav' | 'ogg';
}

/** What a recording holds. */
export interface RecordOptions extends RecordFormat {
  /** What is heard; or, in `stereo`, that on the left and what we send on the right. Default `mono`. */
  readonly channels?: 'mono' | 'stereo';
}

/** A recording that was completed. */
export interface FinishedRecording {
  /** Where it is: the path, or the URL without its query; empty for a stream. */
  readonly path: string;
  readonly durationMs: number;
  /** SHA-256 of all bytes, in hexadecimal digits. */
  readonly sha256: string;
  /** Audio that is missing because the disk, the server or the program was full, broken or slow. */
  readonly lostMs: number;
}

/** What is being recorded. */
export interface Recording {
  /**
   * Completes it and resolves with what it holds. Rejects with `RECORDING_FAILED`
   * where it did not get where it should, with the system's error as `cause`.
   */
  stop(): Promise<FinishedRecording>;
  /** What passes until `resume` is not in it, and leaves no gap. */
  pause(): void;
  resume(): void;
}

/** What may be done with an endpoint's audio. What a backend lacks throws `MEDIA_UNSUPPORTED`. */
export interface MediaCapabilities {
  /** Plays, in place of what is played unless `queue` says otherwise. */
  play(source: AudioSource, options?: PlayOptions): Playback;
  /**
   * Resolves when everything that was played, queued and written to `audioOut` up to now has left
   * as RTP.
   */
  mark(name: string): Promise<MarkOutcome>;
  /** Silence from the next packet on, of what is played, waits, and was written to `audioOut`. */
  clear(): Promise<Cleared>;
  /** Records what is heard. Rejects with `RECORDING_FAILED`. */
  record(target: RecordTarget, options?: RecordOptions): Promise<Recording>;
  /** Sends digits `0-9*#A-D`, one after the other; resolves when all are sent. */
  sendDigits(digits: string, options?: DigitOptions): Promise<void>;
  /** Sends back what is heard. */
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
  /** What is heard, and what shall be said, as Web Streams; at most one of each at a time. */
  /** In: at the program's rate in Hz, default 8000; out: at the rate of each frame. */
  audioIn(options?: { sampleRate?: number }): ReadableStream<PcmFrame>;
  audioOut(): WritableStream<PcmFrame>;
}
