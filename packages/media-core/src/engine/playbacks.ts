import { StrowgerError } from '@strowger/runtime';
import type { PlayCommand, PlaySource } from '../core/core-api.ts';
import type { AudioEvent, CoreEndpoint } from './core-endpoint.ts';
import type { AudioSource, PcmFrame, Playback, PlayOptions } from './media-capabilities.ts';

/** What goes to the core at once. */
const BLOCK_MS = 200;

interface Waiter {
  resolve(outcome: { playedMs: number; stopped: boolean }): void;
  reject(error: StrowgerError): void;
}

/** What an endpoint plays, as its owner sees it. */
export class Playbacks {
  private readonly core: CoreEndpoint;
  private readonly waiting = new Map<number, Waiter>();
  private readonly streams = new Map<number, ReadableStreamDefaultReader<PcmFrame>>();
  private plays = 0;

  constructor(core: CoreEndpoint) {
    this.core = core;
  }

  /** @throws StrowgerError `MEDIA_CLOSED`, `MEDIA_FAILED` after the end. */
  start(source: AudioSource, options: PlayOptions): Playback {
    const { id, api } = this.core;
    const play = ++this.plays;
    const finished = new Promise<{ playedMs: number; stopped: boolean }>((resolve, reject) => {
      this.waiting.set(play, { resolve, reject });
    });
    finished.catch(() => {}); // whoever does not ask for the outcome need not handle it
    const reader = source.type === 'stream' ? source.stream.getReader() : undefined;
    if (reader !== undefined) this.streams.set(play, reader);
    api.play(this.command(play, source, options)).catch((error: StrowgerError) => {
      this.settle(play)?.reject(error);
    });
    if (reader !== undefined) void this.pump(play, reader);
    const act = (work: () => Promise<void>): void => {
      if (this.waiting.has(play)) work().catch(() => {}); // it has ended with the endpoint
    };
    return {
      finished,
      stop: () => act(() => api.stopPlay({ id, play })),
      pause: () => act(() => api.pausePlay({ id, play, paused: true })),
      resume: () => act(() => api.pausePlay({ id, play, paused: false })),
    };
  }

  take({ play, playedMs, stopped, error }: Extract<AudioEvent, { type: 'playEnded' }>): void {
    const waiter = this.settle(play);
    if (error) waiter?.reject(new StrowgerError(error.code, error.message));
    else waiter?.resolve({ playedMs, stopped });
  }

  /** The endpoint has ended, whichever way. */
  end(error: StrowgerError): void {
    if (error.code === 'MEDIA_CLOSED') return; // the core tells how far each had come
    for (const play of this.waiting.keys()) this.settle(play)?.reject(error);
  }

  /** Nothing more will be told; what never began has nothing to tell. */
  closed(): void {
    for (const play of this.waiting.keys()) {
      this.settle(play)?.resolve({ playedMs: 0, stopped: true });
    }
  }

  private command(play: number, source: AudioSource, options: PlayOptions): PlayCommand {
    const { queue = false, gain = 1, durationMs } = options;
    const inSource = source.type === 'file' ? source.loop : undefined;
    const loop = options.loop ?? inSource ?? false;
    const rest = durationMs === undefined ? {} : { durationMs };
    return { id: this.core.id, play, source: plainSource(source), queue, loop, gain, ...rest };
  }

  /** Nobody waits for it any more; a stream is told that its reader has gone. */
  private settle(play: number): Waiter | undefined {
    const waiter = this.waiting.get(play);
    this.waiting.delete(play);
    this.streams
      .get(play)
      ?.cancel()
      .catch(() => {});
    this.streams.delete(play);
    return waiter;
  }

  /** Feeds the core what a stream has, no faster than it is played. */
  private async pump(play: number, reader: ReadableStreamDefaultReader<PcmFrame>): Promise<void> {
    const { id, api } = this.core;
    try {
      for (;;) {
        const { value } = await reader.read();
        if (value === undefined) return await api.finishFeeding({ id, play });
        if (!(await this.feed(play, value))) return;
      }
    } catch (cause) {
      if (this.core.hasEnded) return;
      const message = cause instanceof Error ? cause.message : String(cause);
      const error = { code: 'MEDIA_STREAM_FAILED', message };
      await api.finishFeeding({ id, play, error }).catch(() => {}); // ended meanwhile
    }
  }

  /** `false` where nobody listens any more. */
  private async feed(play: number, { samples, sampleRate }: PcmFrame): Promise<boolean> {
    const { id, api } = this.core;
    const length = Math.max(1, Math.floor((sampleRate * BLOCK_MS) / 1000));
    for (let at = 0; at < samples.length; at += length) {
      const block = samples.slice(at, at + length);
      if (!(await api.feed({ id, play, samples: block, sampleRate }))) return false;
    }
    return true;
  }
}

/** What can go to another thread. */
function plainSource(source: AudioSource): PlaySource {
  switch (source.type) {
    case 'stream':
      return { type: 'pushed' };
    case 'file':
      return { type: 'file', path: source.path };
    default:
      return source;
  }
}
