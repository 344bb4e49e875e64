import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { StrowgerError } from '@strowger/runtime';
import { WavWriter } from '../audio/index.ts';
import type { AudioWriter, Written } from './audio-writer.ts';

/** A WAV file whose header is right after every block. */
export class WavFileWriter implements AudioWriter {
  readonly sampleRate: number;
  readonly #writer: WavWriter;

  /** @throws StrowgerError `WAV_WRITE_FAILED` (rejects). */
  static async create(path: string, sampleRate: number, channels: 1 | 2): Promise<WavFileWriter> {
    return new WavFileWriter(await WavWriter.create(path, { sampleRate, channels }), sampleRate);
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
    const { path, durationMs } = await this.#writer.close();
    const hash = createHash('sha256');
    try {
      for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StrowgerError('WAV_UNREADABLE', `Cannot read ${path} again: ${why}`, { cause });
    }
    return { durationMs, sha256: hash.digest('hex') };
  }
}
