/** What a program says, at most this many milliseconds ahead. */
const ROOM_MS = 400;

/** The queue between a program that speaks in blocks and the stream that leaves in frames. */
export class SpokenQueue {
  /** Samples that were taken, without what was forgotten, and those of them that were read. */
  taken = 0;
  read = 0;
  private readonly blocks: Int16Array[] = [];
  private readonly room: number;
  private offset = 0;
  private roomWaiters: (() => void)[] = [];
  private endWaiters: (() => void)[] = [];

  constructor(sampleRate = 8000) {
    this.room = (ROOM_MS * sampleRate) / 1000;
  }

  /** Samples that wait. */
  get waiting(): number {
    return this.taken - this.read;
  }

  get isEmpty(): boolean {
    return this.waiting === 0;
  }

  /** Resolves when there is room for the next block. */
  async push(block: Int16Array): Promise<void> {
    if (block.length > 0) this.blocks.push(block);
    this.taken += block.length;
    if (this.waiting <= this.room) return;
    await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
  }

  /** Resolves when everything was read. */
  async drained(): Promise<void> {
    if (this.waiting === 0) return;
    await new Promise<void>((resolve) => this.endWaiters.push(resolve));
  }

  /** Fills `out`, with silence where it ends; returns how many samples were there. */
  fill(out: Int16Array): number {
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
    this.read += filled;
    this.wake();
    return filled;
  }

  /** Forgets what waits; nobody is left waiting. */
  clear(): void {
    this.blocks.length = 0;
    this.offset = 0;
    this.taken = this.read;
    this.wake();
  }

  private wake(): void {
    if (this.waiting <= this.room && this.roomWaiters.length > 0) {
      for (const resolve of this.roomWaiters.splice(0)) resolve();
    }
    if (this.waiting === 0 && this.endWaiters.length > 0) {
      for (const resolve of this.endWaiters.splice(0)) resolve();
    }
  }
}
