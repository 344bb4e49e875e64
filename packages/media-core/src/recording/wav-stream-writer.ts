import { createHash } from 'node:crypto';
import { WAV_MAX_DATA_BYTES, wavHeader } from '../audio/wav-format.ts';
import type { AudioWriter, Written } from './audio-writer.ts';
import type { ByteSink } from './byte-sink.ts';

/** Collected before it is sent: a fifth of a second of mono at 8000 Hz. */
const BLOCK_BYTES = 3200;

/**
 * 16-bit PCM to where nothing can be written twice: its header says the longest length that there
 * is, and readers take what is there.
 */
export class WavStreamWriter implements AudioWriter {
  readonly sampleRate: number;
  readonly #sink: ByteSink;
  readonly #channels: 1 | 2;
  readonly #hash = createHash('sha256');
  #block = new Uint8Array(BLOCK_BYTES);
  #used = 0;
  #samples = 0;
  #lost = 0;

  constructor(sink: ByteSink, sampleRate: number, channels: 1 | 2) {
    this.sampleRate = sampleRate;
    this.#sink = sink;
    this.#channels = channels;
    this.#put(wavHeader(sampleRate, channels, WAV_MAX_DATA_BYTES));
  }

  get where(): string {
    return this.#sink.where;
  }

  get lostMs(): number {
    return this.#inMs(this.#lost);
  }

  write(samples: Int16Array): void {
    if (this.#sink.isFull) {
      this.#lost += samples.length;
      return;
    }
    this.#samples += samples.length;
    for (const sample of samples) {
      if (this.#used === BLOCK_BYTES) this.#flush();
      this.#block[this.#used++] = sample & 0xff;
      this.#block[this.#used++] = (sample >> 8) & 0xff;
    }
  }

  async close(): Promise<Written> {
    this.#flush();
    await this.#sink.close();
    return { durationMs: this.#inMs(this.#samples), sha256: this.#hash.digest('hex') };
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#put(this.#block.subarray(0, this.#used));
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#used = 0;
  }

  #put(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#sink.write(bytes);
  }

  #inMs(samples: number): number {
    return Math.round((samples / this.#channels / this.sampleRate) * 1000);
  }
}
