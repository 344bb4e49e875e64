import { type FileHandle, open } from 'node:fs/promises';
import type { ByteSink } from './byte-sink.ts';
import { SINK_WAITING_BYTES } from './byte-sink.ts';
import { recordingFailed } from './recording-failed.ts';

/** A file that is written from front to back. */
export class FileSink implements ByteSink {
  readonly where: string;
  readonly #file: FileHandle;
  #waiting = 0;
  #writes = Promise.resolve();
  #failure: unknown;

  /**
   * Creates the file, or empties it.
   *
   * @throws StrowgerError `RECORDING_FAILED` (rejects), with the system's error as `cause`.
   */
  static async open(path: string): Promise<FileSink> {
    try {
      return new FileSink(path, await open(path, 'w'));
    } catch (cause) {
      throw recordingFailed(path, cause);
    }
  }

  private constructor(path: string, file: FileHandle) {
    this.where = path;
    this.#file = file;
  }

  get isFull(): boolean {
    return this.#failure !== undefined || this.#waiting > SINK_WAITING_BYTES;
  }

  write(bytes: Uint8Array): void {
    this.#waiting += bytes.length;
    this.#writes = this.#writes.then(() => this.#append(bytes));
  }

  async close(): Promise<void> {
    await this.#writes;
    try {
      await this.#file.close();
    } catch (cause) {
      this.#failure ??= cause;
    }
    if (this.#failure !== undefined) throw recordingFailed(this.where, this.#failure);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    try {
      // a single write may stop short, such as on a full disk
      for (let done = 0; done < bytes.length && this.#failure === undefined; ) {
        done += (await this.#file.write(bytes, done)).bytesWritten;
      }
    } catch (cause) {
      this.#failure ??= cause;
    } finally {
      this.#waiting -= bytes.length;
    }
  }
}
