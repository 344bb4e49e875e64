import type { ProgressToneName } from '../tones/index.ts';

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
  /**
   * What the network of a country says by a tone (`COUNTRY_TONES`, its code of ISO 3166-1 in lower
   * case), over and over; the level, default −10 dBm0, is that of all its frequencies together.
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
  /** What a program makes, at any rate of `SAMPLE_RATES`; whoever is ahead waits. */
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
