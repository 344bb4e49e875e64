import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { StrowgerError } from '@strowger/runtime';
import { WavWriter } from '../audio/index.ts';
import type { CoreError, Recorded } from './core-api.ts';
import { RateTap } from './rate-tap.ts';

/** What a recording holds. */
export interface RecordSettings {
  readonly path: string;
  /** What is heard; or, in `stereo`, that on the left and what we say on the right. */
  readonly channels: 'mono' | 'stereo';
  readonly sampleRate: number;
}

interface Track {
  readonly writer: WavWriter;
  readonly heard: RateTap;
  /** In stereo alone. */
  readonly said: RateTap | undefined;
  isPaused: boolean;
}

/** Records an endpoint into a WAV file, one at a time. */
export class Recorder {
  private track: Track | undefined;
  private isOpening = false;
  private isClosed = false;
  private nothing = new Int16Array(0);

  /** Records from the next frame on, at the rate that is heard now. */
  async start({ path, channels, sampleRate }: RecordSettings): Promise<void> {
    if (this.track !== undefined || this.isOpening) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    this.isOpening = true;
    try {
      const isStereo = channels === 'stereo';
      const writer = await WavWriter.create(path, { sampleRate, channels: isStereo ? 2 : 1 });
      if (this.isClosed) await writer.close();
      else this.track = { writer, ...taps(sampleRate, isStereo), isPaused: false };
    } finally {
      this.isOpening = false;
    }
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
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
    if (track.said === undefined) return void track.writer.write(left);
    const right = track.said.take(said ?? this.silence(heard.length), sampleRate);
    track.writer.write(interleaved(left, right));
  }

  /** Completes the file. */
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

/** Closes a file; the hash is of the whole file as it lies there, so it is read once more. */
export async function completed(writer: WavWriter): Promise<Recorded> {
  const { path, durationMs } = await writer.close();
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StrowgerError('WAV_UNREADABLE', `Cannot read ${path} again: ${why}`, { cause });
  }
  return { path, durationMs, sha256: hash.digest('hex'), lostMs: writer.lostMs };
}
