import { type Runtime, StrowgerError } from '@strowger/runtime';
import { type AudioWriter, openWriter, type PushedSink } from '../recording/index.ts';
import type { CoreError, RecordCommand, Recorded } from './core-api.ts';
import { RateTap } from './rate-tap.ts';

/** What a recording holds, and where it goes. */
export interface RecordSettings extends Omit<RecordCommand, 'id'> {
  readonly sampleRate: number;
}

interface Track {
  readonly recording: number;
  readonly writer: AudioWriter;
  /** Where a program takes it. */
  readonly sink: PushedSink | undefined;
  readonly heard: RateTap;
  /** In stereo alone. */
  readonly said: RateTap | undefined;
  isPaused: boolean;
}

/** Records an endpoint, one recording at a time. */
export class Recorder {
  private track: Track | undefined;
  private isOpening = false;
  private isClosed = false;
  private nothing = new Int16Array(0);
  private readonly runtime: Runtime;
  private readonly push: (recording: number, bytes: Uint8Array) => void;

  /** @param push takes what a program is given of a recording. */
  constructor(runtime: Runtime, push: (recording: number, bytes: Uint8Array) => void) {
    this.runtime = runtime;
    this.push = push;
  }

  /** Records from the next frame on, at the rate that is heard now. */
  async start({ recording, channels, ...settings }: RecordSettings): Promise<void> {
    if (this.track !== undefined || this.isOpening) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    this.isOpening = true;
    try {
      const isStereo = channels === 'stereo';
      const { runtime } = this;
      const push = (bytes: Uint8Array): void => this.push(recording, bytes);
      const count = isStereo ? 2 : 1;
      const { writer, sink } = await openWriter({ ...settings, channels: count, runtime, push });
      const tapped = taps(writer.sampleRate, isStereo);
      if (this.isClosed) await writer.close();
      else this.track = { recording, writer, sink, ...tapped, isPaused: false };
    } finally {
      this.isOpening = false;
    }
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
  }

  /** A program has taken so many bytes of a recording; of one that is over, it is too late. */
  taken(recording: number, bytes: number): void {
    if (this.track?.recording === recording) this.track.sink?.taken(bytes);
  }

  /** The program takes nothing more of it. */
  fail(recording: number, message: string): void {
    if (this.track?.recording === recording) this.track.sink?.fail(message);
  }

  /** What passes while it is paused is not in the recording, and leaves no gap in it. */
  pause(isPaused: boolean): void {
    if (this.track !== undefined) this.track.isPaused = isPaused;
  }

  /** A frame of what was heard, and what was said in the same time: nothing, or as much. */
  take(heard: Int16Array, said: Int16Array | undefined, sampleRate: number): void {
    const { track } = this;
    if (track === undefined || track.isPaused) return;
    const left = track.heard.take(heard, sampleRate);
    if (track.said === undefined) return track.writer.write(left);
    const right = track.said.take(said ?? this.silence(heard.length), sampleRate);
    track.writer.write(interleaved(left, right));
  }

  /** Completes it. */
  async stop(): Promise<Recorded> {
    const { track } = this;
    if (track === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is not being recorded');
    }
    this.track = undefined;
    return completed(track.writer);
  }

  /** Resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.isClosed = true;
    if (this.track === undefined) return undefined;
    return this.stop().catch((error: StrowgerError) => {
      return { code: error.code, message: error.message };
    });
  }

  private silence(samples: number): Int16Array {
    if (this.nothing.length !== samples) this.nothing = new Int16Array(samples);
    return this.nothing;
  }
}

function taps(sampleRate: number, isStereo: boolean): Pick<Track, 'heard' | 'said'> {
  const tap = (): RateTap => {
    const made = new RateTap();
    made.sampleRate = sampleRate;
    return made;
  };
  return { heard: tap(), said: isStereo ? tap() : undefined };
}

function interleaved(left: Int16Array, right: Int16Array): Int16Array {
  const both = new Int16Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    both[2 * i] = left[i] ?? 0;
    both[2 * i + 1] = right[i] ?? 0;
  }
  return both;
}

/** Completes a recording, and tells what it holds. */
export async function completed(writer: AudioWriter): Promise<Recorded> {
  const written = await writer.close();
  return { path: writer.where, ...written, lostMs: writer.lostMs };
}
