import { StrowgerError } from '@strowger/runtime';
import { type ByteSource, openFile } from './byte-source.ts';
import { Resampler } from './resampler.ts';
import { readHead } from './wav-chunks.ts';
import { decodeToMono, frameBytes, type WavFormat } from './wav-format.ts';

/** What is read at once, in milliseconds; as much again is kept ready. */
const BLOCK_MS = 500;

/** How a file shall be heard. */
export interface WavReaderOptions {
  /** Of what is read, whatever the file has; default 8000. */
  readonly sampleRate?: number;
  /** Begins again at the end, without a gap: for ever, or so many times in all; default false. */
  readonly loop?: boolean | number;
}

/**
 * Reads a WAV file as mono at the wanted rate, a second ahead of whoever plays it: PCM of 8 and 16
 * bits, A-law and µ-law, mono and stereo.
 */
export class WavReader {
  /** As the file has it. */
  readonly format: WavFormat;
  readonly #source: ByteSource;
  readonly #data: { readonly from: number; readonly to: number };
  readonly #resampler: Resampler;
  readonly #sampleRate: number;
  #at: number;
  /** How often the samples are still to be read from here on. */
  #rounds: number;
  #blocks: Int16Array[] = [];
  #offset = 0;
  #buffered = 0;
  #isDrained = false;
  #underruns = 0;
  #filling: Promise<void> | undefined;
  #failure: StrowgerError | undefined;

  /**
   * Opens a file, or what has been opened elsewhere and is now the reader's to close; checks it and
   * reads its first second.
   *
   * @throws StrowgerError (rejects) `WAV_UNREADABLE` with the system's error as `cause`,
   * `WAV_MALFORMED`, `WAV_UNSUPPORTED`, `UNSUPPORTED_SAMPLE_RATE`.
   */
  static async open(from: string | ByteSource, options: WavReaderOptions = {}): Promise<WavReader> {
    const name = typeof from === 'string' ? from : 'what was fetched';
    let source: ByteSource | undefined;
    try {
      source = typeof from === 'string' ? await openFile(from) : from;
      const head = await readHead(source);
      const reader = new WavReader(source, head.format, head, options);
      await reader.fill();
      if (reader.#failure) throw reader.#failure;
      return reader;
    } catch (cause) {
      await source?.close();
      if (StrowgerError.isInstance(cause)) {
        throw new StrowgerError(cause.code, `${name}: ${cause.message}`, { cause });
      }
      throw unreadable(name, cause);
    }
  }

  private constructor(
    source: ByteSource,
    format: WavFormat,
    data: { from: number; to: number },
    { sampleRate = 8000, loop = false }: WavReaderOptions,
  ) {
    this.#source = source;
    this.format = format;
    this.#data = data;
    this.#at = data.from;
    this.#rounds = typeof loop === 'number' ? loop : loop ? Number.POSITIVE_INFINITY : 1;
    this.#sampleRate = sampleRate;
    this.#resampler = new Resampler(format.sampleRate, sampleRate);
  }

  /** Everything was read, or nothing more can be. */
  get ended(): boolean {
    return this.#isDrained && this.#buffered === 0;
  }

  /** Samples of silence that stood in because the disk was slower than the sound. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Why it ended early. */
  get failure(): StrowgerError | undefined {
    return this.#failure;
  }

  /**
   * Fills `samples` and never waits. Returns how many were filled: fewer than asked only at the
   * end, 0 behind it. Where the disk is late, silence stands in (`underruns`).
   */
  read(samples: Int16Array): number {
    let filled = 0;
    while (filled < samples.length) {
      const block = this.#blocks[0];
      if (!block) break;
      const part = block.subarray(this.#offset, this.#offset + samples.length - filled);
      samples.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset < block.length) continue;
      this.#blocks.shift();
      this.#offset = 0;
    }
    this.#buffered -= filled;
    if (!this.#hasEnough()) void this.fill();
    if (filled === samples.length || this.#isDrained) return filled;
    this.#underruns += samples.length - filled;
    samples.fill(0, filled);
    return samples.length;
  }

  /** Resolves when a second is ready to be read, or all that is left. Never rejects. */
  async fill(): Promise<void> {
    if (this.#hasEnough()) return;
    this.#filling ??= this.#fill();
    await this.#filling;
  }

  /** Closes the file; what was read ahead is given up. Idempotent. */
  async close(): Promise<void> {
    this.#isDrained = true;
    this.#blocks = [];
    this.#buffered = 0;
    const closed = this.#source.close(); // first: who reads may be waiting for a server
    await this.#filling;
    this.#blocks = [];
    this.#buffered = 0;
    await closed;
  }

  #hasEnough(): boolean {
    return this.#isDrained || this.#buffered > (this.#sampleRate * BLOCK_MS) / 1000;
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#hasEnough()) await this.#readBlock();
    } catch (cause) {
      this.#failure = StrowgerError.isInstance(cause) ? cause : unreadable('the file', cause);
      this.#isDrained = true;
    } finally {
      this.#filling = undefined;
    }
  }

  async #readBlock(): Promise<void> {
    const frame = frameBytes(this.format);
    const wanted = frame * this.#blockFrames();
    const bytes = new Uint8Array(Math.min(wanted, this.#data.to - this.#at));
    const read = await this.#source.read(bytes, this.#at);
    const whole = read - (read % frame);
    this.#at += whole;
    this.#take(this.#resampler.push(this.#loopShort(bytes.subarray(0, whole))));
    if (whole === wanted) return;
    // A file that shrank to nothing meanwhile must not be read forever.
    const isEmpty = this.#at <= this.#data.from;
    this.#at = this.#data.from;
    this.#failure = this.#source.failure;
    if (--this.#rounds > 0 && !isEmpty && !this.#failure) return;
    this.#take(this.#resampler.end());
    this.#isDrained = true;
  }

  /** A loop shorter than a block is laid out to one, or the disk were asked for each round. */
  #loopShort(bytes: Uint8Array): Int16Array {
    const samples = decodeToMono(bytes, this.format);
    const isWhole = this.#data.to - this.#data.from < this.#blockFrames();
    if (this.#rounds <= 1 || !isWhole || samples.length === 0) return samples;
    const rounds = Math.min(this.#rounds, Math.ceil(this.#blockFrames() / samples.length));
    this.#rounds -= rounds - 1;
    const laidOut = new Int16Array(rounds * samples.length);
    for (let i = 0; i < rounds; i++) laidOut.set(samples, i * samples.length);
    return laidOut;
  }

  #blockFrames(): number {
    return Math.floor((this.format.sampleRate * BLOCK_MS) / 1000);
  }

  #take(samples: Int16Array): void {
    if (samples.length === 0 || this.#isDrained) return;
    this.#blocks.push(samples);
    this.#buffered += samples.length;
  }
}

function unreadable(path: string, cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('WAV_UNREADABLE', `Cannot read ${path}: ${why}`, { cause });
}
