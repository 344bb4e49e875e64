import type { Runtime } from '@strowger/runtime';
import type { AudioWriter } from './audio-writer.ts';
import type { ByteSink } from './byte-sink.ts';
import { FileSink } from './file-sink.ts';
import { HttpSink, type HttpTarget } from './http-sink.ts';
import { OggOpusWriter, opusEncoder, opusRate } from './ogg-opus-writer.ts';
import { PushedSink } from './pushed-sink.ts';
import { WavFileWriter } from './wav-file-writer.ts';
import { WavStreamWriter } from './wav-stream-writer.ts';

/** Where a recording goes, as the core knows it. */
export type RecordingTarget =
  | { readonly type: 'file'; readonly path: string }
  | ({ readonly type: 'http' } & HttpTarget)
  /** What `recorded` events bring. */
  | { readonly type: 'pushed' };

/** What a recording is made with. */
export interface WriterOptions {
  readonly target: RecordingTarget;
  readonly format: 'wav' | 'ogg';
  readonly channels: 1 | 2;
  /** Of what comes; a writer may want another. */
  readonly sampleRate: number;
  readonly runtime: Runtime;
  /** Takes what a `pushed` target is given. */
  push(bytes: Uint8Array): void;
}

/** @throws StrowgerError `RECORDING_FAILED` (rejects). */
export async function openWriter(
  options: WriterOptions,
): Promise<{ writer: AudioWriter; sink?: PushedSink }> {
  const { target, format, channels, sampleRate } = options;
  if (target.type === 'file' && format === 'wav') {
    return { writer: await WavFileWriter.create(target.path, sampleRate, channels) };
  }
  const { sink, writer } = await (format === 'wav' ? openWav(options) : openOgg(options));
  return { writer, ...(sink instanceof PushedSink && { sink }) };
}

interface Opened {
  readonly sink: ByteSink;
  readonly writer: AudioWriter;
}

async function openWav(options: WriterOptions): Promise<Opened> {
  const sink = await openSink(options);
  return { sink, writer: new WavStreamWriter(sink, options.sampleRate, options.channels) };
}

/** Nothing is opened where there is no encoder to fill it. */
async function openOgg(options: WriterOptions): Promise<Opened> {
  const { channels, runtime } = options;
  const sampleRate = opusRate(options.sampleRate);
  const encoder = await opusEncoder(sampleRate, channels);
  try {
    const sink = await openSink(options);
    const serial = runtime.random.uint32();
    return { sink, writer: new OggOpusWriter({ sink, encoder, channels, sampleRate, serial }) };
  } catch (error) {
    encoder.free();
    throw error;
  }
}

async function openSink({ target, format, runtime, push }: WriterOptions): Promise<ByteSink> {
  switch (target.type) {
    case 'file':
      return FileSink.open(target.path);
    case 'http':
      return new HttpSink(target, format === 'ogg' ? 'audio/ogg' : 'audio/wav', runtime.clock);
    case 'pushed':
      return new PushedSink(push);
    default:
      return target satisfies never;
  }
}
