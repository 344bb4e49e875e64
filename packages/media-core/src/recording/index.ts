export type { AudioWriter, Written } from './audio-writer.ts';
export { openWriter, type RecordingTarget, type WriterOptions } from './open-writer.ts';
export type { PushedSink } from './pushed-sink.ts';
