import type { Clock } from '@strowger/runtime';
import { FetchedBytes, ToneSource, WavReader } from '../audio/index.ts';
import type { CoreError, PlaySource } from './core-api.ts';
import { SpokenQueue } from './spoken-queue.ts';

/** Samples, without waiting. */
export interface FrameSource {
  /** Fills `out`; fewer than asked only at the end. */
  read(out: Int16Array): number;
  close(): Promise<void>;
  /** Why it ended early. */
  readonly error: CoreError | undefined;
  /** Whether everything was read. */
  readonly isOver: boolean;
  /** Samples of silence that stood in for what had not come yet. */
  readonly missing: number;
}

/** What opening a source takes. */
export interface OpenSourceOptions {
  readonly clock: Clock;
  readonly sampleRate: number;
  /** For ever, or so many times in all. */
  readonly loop: boolean | number;
}

/** Opens what is to be played; rejects with the reader's error. */
export async function openSource(
  source: Exclude<PlaySource, { type: 'pushed' }>,
  { clock, sampleRate, loop }: OpenSourceOptions,
): Promise<FrameSource> {
  switch (source.type) {
    case 'tone': {
      const tone = new ToneSource({ ...source, sampleRate });
      const read = (out: Int16Array): number => tone.read(out);
      return { read, close: nothing, error: undefined, isOver: false, missing: 0 };
    }
    case 'file':
      return wavSource(await WavReader.open(source.path, { sampleRate, loop }));
    case 'url': {
      const bytes = await FetchedBytes.open(source, clock);
      return wavSource(await WavReader.open(bytes, { sampleRate, loop }));
    }
    default:
      return source satisfies never;
  }
}

function wavSource(reader: WavReader): FrameSource {
  return {
    read: (out) => reader.read(out),
    close: () => reader.close(),
    get error() {
      return reader.failure;
    },
    get isOver() {
      return reader.ended;
    },
    get missing() {
      return reader.underruns;
    },
  };
}

async function nothing(): Promise<void> {}

/** A source that a program feeds: silence stands in where it is late. */
export class PushedSource implements FrameSource {
  error: CoreError | undefined;
  missing = 0;
  private readonly queue: SpokenQueue;
  private readonly onClosed: () => void;
  private state: 'open' | 'ending' | 'closed' = 'open';

  constructor(sampleRate: number, onClosed: () => void) {
    this.queue = new SpokenQueue(sampleRate);
    this.onClosed = onClosed;
  }

  get isOver(): boolean {
    return this.state === 'ending' && this.queue.isEmpty;
  }

  /** Resolves when there is room for more; `false` where nobody listens any more. */
  async push(samples: Int16Array): Promise<boolean> {
    if (this.state === 'open') await this.queue.push(samples);
    return this.state === 'open';
  }

  /** Nothing more will come. */
  end(error: CoreError | undefined): void {
    this.error = error;
    if (this.state === 'open') this.state = 'ending';
  }

  read(out: Int16Array): number {
    const count = this.queue.fill(out);
    if (this.state !== 'open') return count;
    this.missing += out.length - count;
    return out.length;
  }

  async close(): Promise<void> {
    this.state = 'closed';
    this.queue.clear();
    this.onClosed();
  }
}
