import { StrowgerError } from '@strowger/runtime';
import type { CoreEndpoint } from './core-endpoint.ts';
import type { Cleared, MarkOutcome, PcmFrame } from './media-capabilities.ts';

/** What goes to the core at once. */
const BLOCK_MS = 200;

interface WaitingMark {
  readonly name: string;
  /** Frames that go before it. */
  readonly after: number;
  resolve(outcome: MarkOutcome): void;
  reject(error: unknown): void;
}

/**
 * What shall be said, as a Web Stream: a write resolves when there is room for the next. Frames are
 * counted where they are written, so that a mark and a clear fall between two of them, also where
 * many still wait in the stream.
 */
export class AudioOutput {
  private readonly core: CoreEndpoint;
  private readonly marks: WaitingMark[] = [];
  private controller: WritableStreamDefaultController | undefined;
  /** Frames that were written, passed on or skipped, and that shall be skipped. */
  private written = 0;
  private passed = 0;
  private cleared = 0;

  constructor(core: CoreEndpoint) {
    this.core = core;
  }

  /** @throws StrowgerError `MEDIA_WRONG_STATE` while another one is open. */
  open(): WritableStream<PcmFrame> {
    this.core.assertAlive();
    if (this.controller !== undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'One audioOut() is open at a time');
    }
    const count = (): number => {
      this.written++; // a stream asks for the size of a chunk at the moment of writing
      return 1;
    };
    return new WritableStream<PcmFrame>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        write: (frame) => this.write(frame),
        close: () => this.finish(false),
        abort: () => this.finish(true),
      },
      { highWaterMark: 1, size: count },
    );
  }

  /** Behind everything that was written up to now. */
  async mark(name: string): Promise<MarkOutcome> {
    const { id, api } = this.core;
    if (this.passed === this.written) return api.mark({ id, name });
    return new Promise((resolve, reject) => {
      this.marks.push({ name, after: this.written, resolve, reject });
    });
  }

  /** Forgets what was written up to now, with the marks in it, and what the core has of it. */
  async clear(): Promise<Cleared> {
    const { id, api } = this.core;
    this.cleared = this.written;
    const dropped = this.dropMarks();
    const cleared = await api.clear({ id });
    return { ...cleared, marks: [...cleared.marks, ...dropped] };
  }

  end(error: StrowgerError): void {
    this.controller?.error(error);
    this.forget();
  }

  private async write({ samples, sampleRate }: PcmFrame): Promise<void> {
    const at = this.passed + 1;
    const block = Math.max(1, Math.floor((sampleRate * BLOCK_MS) / 1000));
    const { api, id } = this.core;
    try {
      for (let from = 0; from < samples.length && at > this.cleared; from += block) {
        // copied: the writer may use its buffer again
        const room = api.say({ id, samples: samples.slice(from, from + block), sampleRate });
        if (from + block >= samples.length) this.pass(at); // not only when there is room
        await room;
      }
    } catch (error) {
      this.forget(); // the stream is broken; another one may be opened
      throw error;
    }
    this.pass(at);
  }

  /** So many frames are with the core: the marks behind them follow. */
  private pass(frames: number): void {
    this.passed = Math.max(this.passed, frames);
    const { id, api } = this.core;
    for (let mark = this.marks[0]; mark && mark.after <= this.passed; mark = this.marks[0]) {
      this.marks.shift();
      api.mark({ id, name: mark.name }).then(mark.resolve, mark.reject);
    }
  }

  private async finish(discard: boolean): Promise<void> {
    this.forget();
    if (this.core.hasEnded) return;
    const { api, id } = this.core;
    await api.finishSaying({ id, discard });
  }

  /** No stream is open: what it still held will never come. */
  private forget(): void {
    this.controller = undefined;
    this.passed = this.written;
    this.dropMarks();
  }

  private dropMarks(): string[] {
    const dropped = this.marks.splice(0);
    for (const { name, resolve } of dropped) resolve({ name, reached: false });
    return dropped.map(({ name }) => name);
  }
}
