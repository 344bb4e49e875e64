import type { FrameSource } from './audio-sources.ts';
import type { CoreError } from './core-api.ts';
import { SpokenQueue } from './spoken-queue.ts';

/** A source that a program feeds: silence stands in where it is late. */
export class PushedSource implements FrameSource {
  readonly sampleRate: number;
  error: CoreError | undefined;
  missingMs = 0;
  private readonly queue = new SpokenQueue();
  private readonly onClosed: () => void;
  private state: 'open' | 'ending' | 'closed' = 'open';

  constructor(sampleRate: number, onClosed: () => void) {
    this.sampleRate = sampleRate;
    this.queue.sampleRate = sampleRate;
    this.onClosed = onClosed;
  }

  get isOver(): boolean {
    return this.state === 'ending' && this.queue.isEmpty;
  }

  /** Resolves when there is room for more; `false` where nobody listens any more. */
  async push(samples: Int16Array, sampleRate: number): Promise<boolean> {
    if (this.state === 'open') await this.queue.push(samples, sampleRate);
    return this.state === 'open';
  }

  /** Nothing more will come. */
  end(error: CoreError | undefined): void {
    if (this.state !== 'open') return;
    this.error = error;
    this.queue.finish();
    this.state = 'ending';
  }

  read(out: Int16Array): number {
    const count = this.queue.read(out);
    if (this.state !== 'open') return count;
    this.missingMs += ((out.length - count) * 1000) / this.sampleRate;
    return out.length;
  }

  async close(): Promise<void> {
    this.state = 'closed';
    this.queue.clear();
    this.onClosed();
  }
}
