import { FULL_SCALE_DBM0, Resampler } from '@strowger/media-core';
import { StrowgerError } from '@strowger/runtime';
import type {
  AudioSource,
  Cleared,
  MarkOutcome,
  PcmFrame,
  Playback,
  PlayOptions,
} from '@strowger/session-core';
import { closed, unsupported, wrongState } from './media-errors.ts';
import type { VoiceCommand, VoiceEntry, VoiceEvent } from './voice-queue.ts';
import { hearThread, tellThread, VOICE } from './voice-worklet.ts';

/** How much of a stream waits in the audio thread before its program does, in seconds. */
const AHEAD = 0.2;

interface Playing {
  resolve(outcome: { playedMs: number; stopped: boolean }): void;
}

/** What a call says beside its microphone: played, or made by a program. */
export class Voice {
  private readonly context: AudioContext;
  private readonly node: AudioWorkletNode;
  private readonly playing = new Map<number, Playing>();
  private readonly marks = new Map<number, { name: string; resolve(outcome: MarkOutcome): void }>();
  private readonly clears = new Map<number, (cleared: Cleared) => void>();
  /** Whoever waits until less of what was fed waits. */
  private readonly feeders = new Map<number, () => void>();
  private readonly waiting = new Map<number, number>();
  private lastMark: string | undefined;
  private hasWriter = false;
  private ids = 0;
  private isClosed = false;

  constructor(context: AudioContext, to: AudioNode) {
    this.context = context;
    this.node = new AudioWorkletNode(context, VOICE, {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    hearThread<VoiceEvent>(this.node, (event) => this.hear(event));
    this.node.connect(to);
  }

  play(source: AudioSource, options: PlayOptions = {}): Playback {
    if (this.isClosed) throw closed();
    const id = ++this.ids;
    const failure = this.begin(id, source, options);
    const finished = new Promise<{ playedMs: number; stopped: boolean }>((resolve) => {
      this.playing.set(id, { resolve });
    });
    const result = failure === undefined ? finished : Promise.race([finished, failure]);
    result.catch(() => {}); // it may be left alone
    return {
      finished: result,
      stop: () => this.send({ type: 'stop', id }),
      pause: () => this.send({ type: 'pause', id }),
      resume: () => this.send({ type: 'resume', id }),
    };
  }

  mark(name: string): Promise<MarkOutcome> {
    if (this.isClosed) return Promise.reject(closed());
    const id = ++this.ids;
    return new Promise((resolve) => {
      this.marks.set(id, { name, resolve });
      this.send({ type: 'mark', id });
    });
  }

  clear(): Promise<Cleared> {
    if (this.isClosed) return Promise.reject(closed());
    const id = ++this.ids;
    return new Promise((resolve) => {
      this.clears.set(id, resolve);
      this.send({ type: 'clear', id });
    });
  }

  /** What a program says over what is played; whoever is ahead of time waits. */
  writable(): WritableStream<PcmFrame> {
    if (this.isClosed) throw closed();
    if (this.hasWriter) throw wrongState('audioOut is in use');
    this.hasWriter = true;
    const rate = this.atOurRate();
    const free = (): void => void (this.hasWriter = false);
    return new WritableStream({
      write: async (frame) => {
        try {
          await this.feed(0, rate(frame));
        } catch (error) {
          free(); // nothing else is told of a stream that has failed
          throw error;
        }
      },
      close: free,
      abort: free,
    });
  }

  /** Everything ends. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    tellThread(this.node, 'over');
    this.node.disconnect();
    for (const { resolve } of this.playing.values()) resolve({ playedMs: 0, stopped: true });
    for (const { name, resolve } of this.marks.values()) resolve({ name, reached: false });
    for (const go of this.feeders.values()) go();
    for (const resolve of this.clears.values()) resolve({ heardMs: 0, marks: [] });
  }

  /** A promise where it may fail later. */
  private begin(id: number, source: AudioSource, options: PlayOptions): Promise<never> | undefined {
    const { queue = false } = options;
    const shape = this.shape(id, options);
    const enter = (entry: VoiceEntry): void => this.send({ type: 'play', entry, queued: queue });
    switch (source.type) {
      case 'tone': {
        if ('name' in source) throw unsupported("play a network's tones by their names");
        const { frequencyHz, levelDbm0 = -10 } = source;
        if (!(frequencyHz > 0 && frequencyHz < this.context.sampleRate / 2)) {
          throw new StrowgerError('BAD_TONE', `${frequencyHz} Hz cannot be played`);
        }
        const amplitude = 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20);
        const step = (2 * Math.PI * frequencyHz) / this.context.sampleRate;
        enter({ ...shape, kind: 'tone', step, amplitude });
        return undefined;
      }
      case 'stream': {
        const reader = source.stream.getReader(); // throws where another reads it
        enter({ ...shape, kind: 'stream' });
        return this.pump(id, reader);
      }
      case 'url':
        enter({ ...shape, kind: 'stream' }); // its place in the queue, while it is fetched
        return this.fetch(id, source, shape.times);
      case 'file':
        throw unsupported('play files of its machine');
      default:
        return source satisfies never;
    }
  }

  private shape(id: number, { loop = false, gain = 1, durationMs }: PlayOptions) {
    const times = loop === true ? Number.POSITIVE_INFINITY : loop === false ? 1 : loop;
    const most =
      durationMs === undefined
        ? Number.POSITIVE_INFINITY
        : Math.round((durationMs / 1000) * this.context.sampleRate);
    return { id, gain, times, most };
  }

  private async fetch(
    id: number,
    { url, headers }: Extract<AudioSource, { type: 'url' }>,
    times: number,
  ): Promise<never> {
    try {
      const response = await fetch(url, headers === undefined ? {} : { headers: { ...headers } });
      if (!response.ok) throw new Error(`${url} gives ${response.status}`);
      const decoded = await this.context.decodeAudioData(await response.arrayBuffer());
      const samples = mono(decoded);
      for (let round = 0; round < times && this.playing.has(id); round++) {
        await this.feed(id, samples.slice());
      }
      this.send({ type: 'finish', id });
    } catch (cause) {
      this.send({ type: 'stop', id });
      throw streamFailed(cause);
    }
    return new Promise<never>(() => {});
  }

  private async pump(id: number, reader: ReadableStreamDefaultReader<PcmFrame>): Promise<never> {
    const rate = this.atOurRate();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || !this.playing.has(id)) break;
        await this.feed(id, rate(value));
      }
      this.send({ type: 'finish', id });
    } catch (cause) {
      this.send({ type: 'stop', id });
      throw streamFailed(cause);
    } finally {
      void reader.cancel().catch(() => {});
    }
    return new Promise<never>(() => {});
  }

  private async feed(id: number, samples: Float32Array): Promise<void> {
    if (this.isClosed) throw closed();
    const waits = (this.waiting.get(id) ?? 0) + samples.length;
    this.waiting.set(id, waits);
    this.send(id === 0 ? { type: 'say', samples } : { type: 'feed', id, samples });
    if (waits <= AHEAD * this.context.sampleRate) return;
    await new Promise<void>((resolve) => this.feeders.set(id, resolve));
  }

  /** Frames of any rate as samples of the context's. */
  private atOurRate(): (frame: PcmFrame) => Float32Array {
    let from: { rate: number; resampler: Resampler } | undefined;
    return ({ samples, sampleRate }) => {
      if (from?.rate !== sampleRate) {
        const resampler = new Resampler(sampleRate, this.context.sampleRate);
        from = { rate: sampleRate, resampler };
      }
      return Float32Array.from(from.resampler.push(samples), (sample) => sample / 32_768);
    };
  }

  private hear(event: VoiceEvent): void {
    const ms = (samples: number): number => (samples / this.context.sampleRate) * 1000;
    switch (event.type) {
      case 'ended': {
        const { id, played, stopped } = event;
        this.playing.get(id)?.resolve({ playedMs: ms(played), stopped });
        this.playing.delete(id);
        this.waiting.delete(id);
        return this.release(id);
      }
      case 'waiting':
        this.waiting.set(event.id, event.samples);
        if (event.samples <= AHEAD * this.context.sampleRate) this.release(event.id);
        return;
      case 'marked': {
        const mark = this.marks.get(event.id);
        this.marks.delete(event.id);
        this.lastMark = mark?.name;
        return mark?.resolve({ name: mark.name, reached: true });
      }
      case 'cleared':
        return this.cleared(event.id, ms(event.heard), event.marks);
      default:
        event satisfies never;
    }
  }

  private cleared(id: number, heardMs: number, ids: readonly number[]): void {
    const dropped = ids.flatMap((one) => this.marks.get(one) ?? []);
    for (const one of ids) this.marks.delete(one);
    for (const { name, resolve } of dropped) resolve({ name, reached: false });
    const { lastMark } = this;
    this.lastMark = undefined;
    const marks = dropped.map(({ name }) => name);
    this.clears.get(id)?.({ heardMs, ...(lastMark !== undefined && { lastMark }), marks });
    this.clears.delete(id);
  }

  private release(id: number): void {
    this.feeders.get(id)?.();
    this.feeders.delete(id);
  }

  private send(command: VoiceCommand): void {
    if (!this.isClosed) tellThread(this.node, command);
  }
}

function mono(decoded: AudioBuffer): Float32Array {
  const mixed = new Float32Array(decoded.length);
  for (let channel = 0; channel < decoded.numberOfChannels; channel++) {
    const samples = decoded.getChannelData(channel);
    for (let at = 0; at < mixed.length; at++) {
      mixed[at] = (mixed[at] ?? 0) + (samples[at] ?? 0) / decoded.numberOfChannels;
    }
  }
  return mixed;
}

function streamFailed(cause: unknown): StrowgerError {
  if (StrowgerError.isInstance(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StrowgerError('MEDIA_STREAM_FAILED', why, { cause });
}
