import { Resampler } from '../audio/index.ts';
import { RateTap } from './rate-tap.ts';

/** What a program says, at most so far ahead. */
const ROOM_MS = 400;

/** The queue between a program that speaks in blocks and the stream that leaves in frames. */
export class SpokenQueue {
  /** What has been read since the beginning. */
  readMs = 0;
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

  /** What has been taken since the beginning and not forgotten. */
  get takenMs(): number {
    return this.readMs + (this.waiting * 1000) / this.tap.sampleRate;
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

  /** Fills `out`, with silence where it ends; returns how many samples were there. */
  read(out: Int16Array): number {
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
    this.readMs += (filled * 1000) / this.tap.sampleRate;
    this.wake();
    return filled;
  }

  /** Forgets what waits; nobody is left waiting. */
  clear(): void {
    this.blocks.length = 0;
    this.offset = 0;
    this.waiting = 0;
    this.tap.end();
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
