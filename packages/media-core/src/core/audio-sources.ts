import type { Clock } from '@strowger/runtime';
import { FetchedBytes, RateReader, ToneSource, WavReader } from '../audio/index.ts';
import { CadenceSource, toneOf } from '../tones/index.ts';
import type { CoreError, PlaySource } from './core-api.ts';

/** Samples without waiting. */
export interface FrameSource {
  readonly sampleRate: number;
  /** Fills `out`; fewer than asked only at the end. */
  read(out: Int16Array): number;
  close(): Promise<void>;
  /** Why it ended early. */
  readonly error: CoreError | undefined;
  /** Whether everything was read. */
  readonly isOver: boolean;
  /** Silence that stood in for what had not come yet. */
  readonly missingMs: number;
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
    case 'tone':
      return endless(toneSource(source, sampleRate), sampleRate);
    case 'file':
      return wavSource(await WavReader.open(source.path, { sampleRate, loop }), sampleRate);
    case 'url': {
      const bytes = await FetchedBytes.open(source, clock);
      return wavSource(await WavReader.open(bytes, { sampleRate, loop }), sampleRate);
    }
    default:
      return source satisfies never;
  }
}

/** The same source at another rate: what is agreed anew may change that of a stream. */
export function atRate(source: FrameSource, sampleRate: number): FrameSource {
  if (source.sampleRate === sampleRate) return source;
  const reader = new RateReader((out) => source.read(out), source.sampleRate, sampleRate);
  return {
    sampleRate,
    read: (out) => reader.read(out),
    close: () => source.close(),
    isOver: false, // its filter has a tail: reading tells
    get error() {
      return source.error;
    },
    get missingMs() {
      return source.missingMs;
    },
  };
}

function toneSource(
  source: Extract<PlaySource, { type: 'tone' }>,
  sampleRate: number,
): ToneSource | CadenceSource {
  if (!('name' in source)) return new ToneSource({ ...source, sampleRate });
  const { levelDbm0 } = source;
  return new CadenceSource(toneOf(source), { sampleRate, levelDbm0 });
}

function endless(tone: ToneSource | CadenceSource, sampleRate: number): FrameSource {
  const read = (out: Int16Array): number => tone.read(out);
  const close = async (): Promise<void> => {};
  return { sampleRate, read, close, error: undefined, isOver: false, missingMs: 0 };
}

function wavSource(reader: WavReader, sampleRate: number): FrameSource {
  return {
    sampleRate,
    read: (out) => reader.read(out),
    close: () => reader.close(),
    get error() {
      return reader.failure;
    },
    get isOver() {
      return reader.ended;
    },
    get missingMs() {
      return (reader.underruns * 1000) / sampleRate;
    },
  };
}
