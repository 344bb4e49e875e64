import { RateReader, Resampler, ToneSource, WavReader } from '../audio/index.ts';
import type { CoreError, PlaySource } from './core-api.ts';
import { RateTap } from './rate-tap.ts';

/** Samples without waiting. */
export interface FrameSource {
  readonly sampleRate: number;
  /** Fills `out`; fewer than asked only at the end. */
  read(out: Int16Array): number;
  close(): Promise<void>;
  /** Why it ended early. */
  readonly error: CoreError | undefined;
}

/** Opens what is to be played; rejects with the reader's error. */
export async function openSource(source: PlaySource, sampleRate: number): Promise<FrameSource> {
  if (source.type === 'tone') {
    const tone = new ToneSource({ ...source, sampleRate });
    return { sampleRate, read: (out) => tone.read(out), close: async () => {}, error: undefined };
  }
  const { path, loop = false } = source;
  const reader = await WavReader.open(path, { sampleRate, loop });
  return {
    sampleRate,
    read: (out) => reader.read(out),
    close: () => reader.close(),
    get error() {
      return reader.failure;
    },
  };
}

/** The same source at another rate: what is agreed anew may change that of a stream. */
export function atRate(source: FrameSource, sampleRate: number): FrameSource {
  if (source.sampleRate === sampleRate) return source;
  const reader = new RateReader((out) => source.read(out), source.sampleRate, sampleRate);
  return {
    sampleRate,
    read: (out) => reader.read(out),
    close: () => source.close(),
    get error() {
      return source.error;
    },
  };
}

/** What a program says, at most so far ahead. */
const ROOM_MS = 400;

/** The queue between a program that speaks in blocks and the stream that leaves in frames. */
export class SpokenQueue {
  private readonly blocks: Int16Array[] = [];
  private offset = 0;
  private waiting = 0;
  private roomWaiters: (() => void)[] = [];
  private endWaiters: (() => void)[] = [];
  private readonly tap = new RateTap();
  private speaksAt = 8000;

  get isEmpty(): boolean {
    return this.waiting === 0;
  }

  /** Of what is read from now on; what waits is changed into it. */
  set sampleRate(sampleRate: number) {
    const { tap } = this;
    if (sampleRate === tap.sampleRate) return;
    const before = new Resampler(tap.sampleRate, sampleRate);
    const waiting = this.blocks.splice(0);
    const changed = waiting.map((block, at) => before.push(at ? block : block.slice(this.offset)));
    this.offset = 0;
    this.waiting = 0;
    tap.sampleRate = sampleRate;
    for (const block of [...changed, ...(waiting.length > 0 ? [before.end()] : [])])
      this.add(block);
    this.wake();
  }

  /**
   * Resolves when there is room for the next block.
   *
   * @throws StrowgerError (rejects) `UNSUPPORTED_SAMPLE_RATE` for rates that `SAMPLE_RATES` lacks.
   */
  async push(block: Int16Array, sampleRate: number): Promise<void> {
    if (sampleRate !== this.speaksAt) this.add(this.tap.end());
    this.speaksAt = sampleRate;
    this.add(this.tap.take(block, sampleRate));
    if (!this.isFull) return;
    await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
  }

  /** The program has said all. */
  finish(): void {
    this.add(this.tap.end());
  }

  /** Resolves when everything was read. */
  async drained(): Promise<void> {
    if (this.waiting === 0) return;
    await new Promise<void>((resolve) => this.endWaiters.push(resolve));
  }

  /** Fills `out`, with silence where it ends. */
  read(out: Int16Array): void {
    let filled = 0;
    for (let block = this.blocks[0]; block !== undefined && filled < out.length; ) {
      const part = block.subarray(this.offset, this.offset + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.offset += part.length;
      if (this.offset === block.length) {
        this.blocks.shift();
        this.offset = 0;
      }
      block = this.blocks[0];
    }
    out.fill(0, filled);
    this.waiting -= filled;
    this.wake();
  }

  /** Forgets what waits; nobody is left waiting. */
  clear(): void {
    this.blocks.length = 0;
    this.offset = 0;
    this.waiting = 0;
    this.wake();
  }

  private get isFull(): boolean {
    return this.waiting > (this.tap.sampleRate * ROOM_MS) / 1000;
  }

  private add(block: Int16Array): void {
    if (block.length > 0) this.blocks.push(block);
    this.waiting += block.length;
  }

  private wake(): void {
    if (!this.isFull && this.roomWaiters.length > 0) {
      for (const resolve of this.roomWaiters.splice(0)) resolve();
    }
    if (this.waiting === 0 && this.endWaiters.length > 0) {
      for (const resolve of this.endWaiters.splice(0)) resolve();
    }
  }
}
