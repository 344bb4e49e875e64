import { type FileHandle, open } from 'node:fs/promises';
import { StrowgerError } from '@strowger/runtime';
import { WAV_HEADER_BYTES, WAV_MAX_DATA_BYTES, wavHeader } from './wav-format.ts';

/** What is collected before it is written: two seconds of mono at 8000 Hz. */
const BLOCK_BYTES = 32_768;
/** What may wait for a slow disk: a minute of the same. */
const WAITING_BYTES = 30 * BLOCK_BYTES;

/**
 * Writes 16-bit PCM into a WAV file as it comes. After every block the header is brought up to
 * date, so that a file whose process died is whole up to its last two seconds.
 */
export class WavWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #sampleRate: number;
  readonly #channels: 1 | 2;
  #block = new Uint8Array(BLOCK_BYTES);
  #used = 0;
  #waiting = 0;
  #accepted = 0;
  #written = 0;
  #lost = 0;
  #writes = Promise.resolve();
  #failure: StrowgerError | undefined;
  #closed: Promise<{ path: string; durationMs: number }> | undefined;

  /**
   * Creates the file, or empties it.
   *
   * @throws StrowgerError `WAV_WRITE_FAILED` (rejects), with the system's error as `cause`.
   */
  static async create(
    path: string,
    { sampleRate = 8000, channels = 1 }: { sampleRate?: number; channels?: 1 | 2 } = {},
  ): Promise<WavWriter> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'w');
      await writeAll(file, wavHeader(sampleRate, channels, 0), 0);
      return new WavWriter(path, file, sampleRate, channels);
    } catch (cause) {
      await file?.close();
      throw writeFailed(path, cause);
    }
  }

  private constructor(path: string, file: FileHandle, sampleRate: number, channels: 1 | 2) {
    this.path = path;
    this.#file = file;
    this.#sampleRate = sampleRate;
    this.#channels = channels;
  }

  /** Length of what was taken so far, in milliseconds. */
  get durationMs(): number {
    return Math.round((this.#accepted / 2 / this.#channels / this.#sampleRate) * 1000);
  }

  /** Samples that were not taken because the disk was full, broken or a minute behind. */
  get lostSamples(): number {
    return this.#lost;
  }

  /** The same in milliseconds. */
  get lostMs(): number {
    return Math.round((this.#lost / this.#channels / this.#sampleRate) * 1000);
  }

  /**
   * Takes samples (both channels interleaved where there are two) and never waits. They are copied.
   * False where they were lost, as they are after `close` and beyond 4 GiB.
   */
  write(samples: Int16Array): boolean {
    const bytes = samples.length * 2;
    const isFull =
      this.#waiting + bytes > WAITING_BYTES || this.#accepted + bytes > WAV_MAX_DATA_BYTES;
    if (isFull || this.#failure || this.#closed) {
      this.#lost += samples.length;
      return false;
    }
    this.#accepted += bytes;
    for (const sample of samples) {
      if (this.#used === BLOCK_BYTES) this.#flush();
      this.#block[this.#used++] = sample & 0xff;
      this.#block[this.#used++] = (sample >> 8) & 0xff;
    }
    return true;
  }

  /**
   * Writes what is left and closes the file. Idempotent.
   *
   * @throws StrowgerError `WAV_WRITE_FAILED` (rejects) where any of the writing failed.
   */
  close(): Promise<{ path: string; durationMs: number }> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<{ path: string; durationMs: number }> {
    this.#flush();
    await this.#writes;
    try {
      await this.#file.close();
    } catch (cause) {
      this.#failure ??= writeFailed(this.path, cause);
    }
    if (this.#failure) throw this.#failure;
    return { path: this.path, durationMs: this.durationMs };
  }

  #flush(): void {
    if (this.#used === 0) return;
    const block = this.#block.subarray(0, this.#used);
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#used = 0;
    this.#waiting += block.length;
    this.#writes = this.#writes.then(() => this.#append(block));
  }

  /** Samples first, then the header that counts them: it never promises what is not there. */
  async #append(block: Uint8Array): Promise<void> {
    try {
      if (this.#failure) return;
      await writeAll(this.#file, block, WAV_HEADER_BYTES + this.#written);
      this.#written += block.length;
      await writeAll(this.#file, wavHeader(this.#sampleRate, this.#channels, this.#written), 0);
    } catch (cause) {
      this.#failure = writeFailed(this.path, cause);
    } finally {
      this.#waiting -= block.length;
    }
  }
}

/** A single write may stop short, such as on a full disk. */
async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

function writeFailed(path: string, cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('WAV_WRITE_FAILED', `Cannot write ${path}: ${why}`, { cause });
}
