import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { StrowgerError } from '@strowger/runtime';
import { WavWriter } from '../audio/index.ts';
import type { AudioWriter, Written } from './audio-writer.ts';
import { recordingFailed } from './recording-failed.ts';

/** A WAV file whose header is right after every block. */
export class WavFileWriter implements AudioWriter {
  readonly sampleRate: number;
  readonly #writer: WavWriter;

  /** @throws StrowgerError `RECORDING_FAILED` (rejects). */
  static async create(path: string, sampleRate: number, channels: 1 | 2): Promise<WavFileWriter> {
    try {
      return new WavFileWriter(await WavWriter.create(path, { sampleRate, channels }), sampleRate);
    } catch (error) {
      throw recordingFailed(path, systemError(error));
    }
  }

  private constructor(writer: WavWriter, sampleRate: number) {
    this.#writer = writer;
    this.sampleRate = sampleRate;
  }

  get where(): string {
    return this.#writer.path;
  }

  get lostMs(): number {
    return this.#writer.lostMs;
  }

  write(samples: Int16Array): void {
    this.#writer.write(samples);
  }

  /** The hash is of the whole file as it lies there, so it is read once more. */
  async close(): Promise<Written> {
    const hash = createHash('sha256');
    try {
      const { path, durationMs } = await this.#writer.close();
      for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
      return { durationMs, sha256: hash.digest('hex') };
    } catch (error) {
      throw recordingFailed(this.where, systemError(error));
    }
  }
}

/** What the system said, without what the writer of files made of it. */
function systemError(error: unknown): unknown {
  return StrowgerError.isInstance(error) ? (error.cause ?? error) : error;
}
