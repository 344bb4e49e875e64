import { StrowgerError } from '@strowger/runtime';
import { atRate, type FrameSource } from './audio-sources.ts';
import type { CoreError, CoreEvent } from './core-api.ts';

/** Playbacks that may wait behind the present one. */
const QUEUE_LIMIT = 100;

/** What shall be played, and how. */
export interface PlayItem {
  readonly play: number;
  /** A factor: 1 as it is. */
  readonly gain: number;
  /** After which it ends. */
  readonly limitMs: number;
  /** What is there already, or how to open it. */
  readonly from: FrameSource | ((sampleRate: number) => Promise<FrameSource>);
}

interface Playing extends PlayItem {
  /** As it was opened, and at the rate of the stream. */
  source: FrameSource | undefined;
  reader: FrameSource | undefined;
  isOpening: boolean;
  isPaused: boolean;
  playedMs: number;
}

/** Who hears of the end of a playback, with how much had been read of all until then. */
export type PlayEnded = (play: number, totalMs: number) => void;

/**
 * Plays one source after the other without a gap. The next one is opened while the present one
 * plays; one that replaces is heard from the moment on at which it is open.
 */
export class Player {
  /** Sound that was read since the beginning. */
  totalMs = 0;
  onEnded: PlayEnded = () => {};
  private readonly tell: (event: CoreEvent) => void;
  private readonly queue: Playing[] = [];
  /** What plays until its replacement is open. */
  private outgoing: Playing | undefined;
  private isClosed = false;
  private rate = 8000;

  constructor(tell: (event: CoreEvent) => void) {
    this.tell = tell;
  }

  /** Of what is read from now on. */
  get sampleRate(): number {
    return this.rate;
  }

  set sampleRate(sampleRate: number) {
    this.rate = sampleRate;
    for (const one of [this.outgoing, ...this.queue]) {
      if (one?.source !== undefined) one.reader = atRate(one.source, sampleRate);
    }
  }

  /** The playback after which nothing is left, if there is one. */
  get last(): number | undefined {
    return (this.queue.at(-1) ?? this.outgoing)?.play;
  }

  /** Plays now, instead of everything else. Rejects with the source's error. */
  async replace(item: PlayItem): Promise<void> {
    const [first, ...waiting] = this.queue.splice(0);
    for (const one of waiting) this.end(one, true);
    if (first?.source !== undefined && this.outgoing === undefined) this.outgoing = first;
    else if (first !== undefined) this.end(first, true);
    const playing = begun(item);
    this.queue.push(playing);
    await this.open(playing);
  }

  /**
   * Plays when everything before has ended. Rejects with `MEDIA_QUEUE_FULL`; what cannot be opened
   * later is told as its end.
   */
  async append(item: PlayItem): Promise<void> {
    if (this.queue.length > QUEUE_LIMIT) {
      throw new StrowgerError('MEDIA_QUEUE_FULL', `${QUEUE_LIMIT} playbacks wait already`);
    }
    const playing = begun(item);
    this.queue.push(playing);
    if (this.queue.length === 1) await this.open(playing);
    else this.openNext();
  }

  stop(play: number): void {
    const one = this.find(play);
    if (one !== undefined) this.remove(one, true);
  }

  pause(play: number, isPaused: boolean): void {
    const one = this.find(play);
    if (one !== undefined) one.isPaused = isPaused;
  }

  /** Ends everything that plays and waits. */
  clear(): void {
    const all = [...(this.outgoing ? [this.outgoing] : []), ...this.queue.splice(0)];
    this.outgoing = undefined;
    for (const one of all) this.end(one, true);
  }

  /** Fills a frame, with silence where it ends; returns the samples of sound in it. */
  read(out: Int16Array): number {
    let filled = 0;
    while (filled < out.length) {
      const playing = this.outgoing ?? this.queue[0];
      if (playing?.reader === undefined || playing.isPaused) break;
      // the whole frame at first: a view is made only where one ends and the next begins
      const part = filled === 0 ? out : out.subarray(filled);
      const { reader } = playing;
      filled += this.readFrom(playing, reader, part);
      const isOver = reader.isOver || playing.playedMs >= playing.limitMs;
      if (isOver || filled < out.length) this.remove(playing, false);
    }
    if (filled > 0) out.fill(0, filled);
    return filled;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const sources = [this.outgoing, ...this.queue].map((one) => one?.source);
    this.clear();
    await Promise.allSettled(sources.map(async (source) => source?.close()));
  }

  private readFrom(playing: Playing, reader: FrameSource, out: Int16Array): number {
    const missed = reader.missingMs;
    const left = Math.round(((playing.limitMs - playing.playedMs) * this.rate) / 1000);
    const count = reader.read(left < out.length ? out.subarray(0, left) : out);
    const readMs = (count * 1000) / this.rate;
    playing.playedMs += readMs;
    this.totalMs += readMs - (reader.missingMs - missed);
    if (playing.gain !== 1) amplify(out, count, playing.gain);
    return count;
  }

  private async open(playing: Playing): Promise<void> {
    playing.isOpening = true;
    let source: FrameSource;
    try {
      source = typeof playing.from === 'function' ? await playing.from(this.rate) : playing.from;
    } catch (error) {
      this.drop(playing);
      throw error;
    }
    if (!this.queue.includes(playing) || this.isClosed) return source.close();
    playing.source = source;
    playing.reader = atRate(source, this.rate);
    if (this.queue[0] === playing) this.endOutgoing();
    this.openNext();
  }

  /** The one behind the first is opened ahead of its time. */
  private openNext(): void {
    const following = this.queue.slice(0, 2).find(({ isOpening }) => !isOpening);
    if (following === undefined) return;
    this.open(following).catch((error: unknown) => this.tellFailure(following, error));
  }

  private tellFailure(playing: Playing, error: unknown): void {
    const [code, message] = StrowgerError.isInstance(error)
      ? [error.code, error.message]
      : ['MEDIA_FAILED', String(error)];
    this.tellEnd(playing, { playedMs: 0, stopped: false, error: { code, message } });
  }

  /** It could not be opened: whoever asked for it hears that. */
  private drop(playing: Playing): void {
    const at = this.queue.indexOf(playing);
    if (at < 0) return;
    this.queue.splice(at, 1);
    if (at === 0) this.endOutgoing();
    this.onEnded(playing.play, this.totalMs);
    this.openNext();
  }

  private endOutgoing(): void {
    const { outgoing } = this;
    this.outgoing = undefined;
    if (outgoing !== undefined) this.end(outgoing, true);
  }

  private find(play: number): Playing | undefined {
    if (this.outgoing?.play === play) return this.outgoing;
    return this.queue.find((one) => one.play === play);
  }

  private remove(playing: Playing, stopped: boolean): void {
    if (playing === this.outgoing) this.outgoing = undefined;
    else this.queue.splice(this.queue.indexOf(playing), 1);
    this.end(playing, stopped);
    this.openNext();
  }

  private end(playing: Playing, stopped: boolean): void {
    const { source, playedMs, play } = playing;
    const error = source?.error;
    this.tellEnd(playing, {
      playedMs: playedMs - (source?.missingMs ?? 0),
      stopped,
      ...(error && { error: { code: error.code, message: error.message } }),
    });
    this.onEnded(play, this.totalMs);
    // it was read to its end or given up: nobody waits for its file to be closed
    source?.close().catch(() => {});
  }

  private tellEnd(
    { play }: Playing,
    outcome: { playedMs: number; stopped: boolean; error?: CoreError },
  ): void {
    this.tell({ type: 'playEnded', play, ...outcome });
  }
}

function begun(item: PlayItem): Playing {
  const source = typeof item.from === 'function' ? undefined : item.from;
  return { ...item, source, reader: undefined, isOpening: false, isPaused: false, playedMs: 0 };
}

/** Louder or softer, saturating. */
function amplify(samples: Int16Array, count: number, gain: number): void {
  for (let i = 0; i < count; i++) {
    const value = Math.round((samples[i] ?? 0) * gain);
    samples[i] = Math.max(-32_768, Math.min(32_767, value));
  }
}
