import { ToneSource, WavReader } from '../audio/index.ts';
import type { CoreError, PlaySource } from './core-api.ts';

/** Samples at 8000 Hz, without waiting. */
export interface FrameSource {
  /** Fills `out`; fewer than asked only at the end. */
  read(out: Int16Array): number;
  close(): Promise<void>;
  /** Why it ended early. */
  readonly error: CoreError | undefined;
}

/** Opens what is to be played; rejects with the reader's error. */
export async function openSource(source: PlaySource): Promise<FrameSource> {
  if (source.type === 'tone') {
    const tone = new ToneSource(source);
    return { read: (out) => tone.read(out), close: async () => {}, error: undefined };
  }
  const { path, loop = false } = source;
  const reader = await WavReader.open(path, { sampleRate: 8000, loop });
  return {
    read: (out) => reader.read(out),
    close: () => reader.close(),
    get error() {
      return reader.failure;
    },
  };
}

/** What a program says, at most this many samples ahead. */
const ROOM_SAMPLES = 3200;

/** The queue between a program that speaks in blocks and the stream that leaves in frames. */
export class SpokenQueue {
  private readonly blocks: Int16Array[] = [];
  private offset = 0;
  private waiting = 0;
  private roomWaiters: (() => void)[] = [];
  private endWaiters: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.waiting === 0;
  }

  /** Resolves when there is room for the next block. */
  async push(block: Int16Array): Promise<void> {
    if (block.length > 0) this.blocks.push(block);
    this.waiting += block.length;
    if (this.waiting <= ROOM_SAMPLES) return;
    await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
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

  private wake(): void {
    if (this.waiting <= ROOM_SAMPLES && this.roomWaiters.length > 0) {
      for (const resolve of this.roomWaiters.splice(0)) resolve();
    }
    if (this.waiting === 0 && this.endWaiters.length > 0) {
      for (const resolve of this.endWaiters.splice(0)) resolve();
    }
  }
}
