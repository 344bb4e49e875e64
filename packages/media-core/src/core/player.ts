import { atRate, type FrameSource } from './audio-sources.ts';
import type { CoreEvent } from './core-api.ts';

interface Playing {
  readonly play: number;
  /** As it was opened. */
  readonly source: FrameSource;
  /** The same at the rate of the stream. */
  reader: FrameSource;
  playedMs: number;
}

/** Plays one source after the other; the newer one ends the older. */
export class Player {
  private readonly tell: (event: CoreEvent) => void;
  /** The latest request: one that opens its file for longer than its successor has lost. */
  private latest = -1;
  private playing: Playing | undefined;
  private isClosed = false;
  private rate = 8000;

  constructor(tell: (event: CoreEvent) => void) {
    this.tell = tell;
  }

  /** Of what is read from now on. */
  set sampleRate(sampleRate: number) {
    this.rate = sampleRate;
    const { playing } = this;
    if (playing && playing.reader.sampleRate !== sampleRate) {
      playing.reader = atRate(playing.source, sampleRate);
    }
  }

  /** Rejects with the source's error where it cannot be opened. */
  async start(play: number, open: (sampleRate: number) => Promise<FrameSource>): Promise<void> {
    this.latest = play;
    const source = await open(this.rate);
    if (this.latest !== play || this.isClosed) {
      await source.close();
      this.tell({ type: 'playEnded', play, playedMs: 0, stopped: true });
      return;
    }
    this.end(true);
    this.playing = { play, source, reader: atRate(source, this.rate), playedMs: 0 };
  }

  stop(play: number): void {
    if (this.latest === play) this.latest = -1;
    if (this.playing?.play === play) this.end(true);
  }

  /** Fills a frame; `false` where nothing plays. The last one is filled up with silence. */
  read(out: Int16Array): boolean {
    const { playing } = this;
    if (playing === undefined) return false;
    const count = playing.reader.read(out);
    playing.playedMs += (count * 1000) / this.rate;
    if (count === out.length) return true;
    out.fill(0, count);
    this.end(false);
    return count > 0;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const source = this.playing?.source;
    this.end(true);
    await source?.close().catch(() => {});
  }

  private end(stopped: boolean): void {
    const { playing } = this;
    if (playing === undefined) return;
    this.playing = undefined;
    const { play, playedMs, source } = playing;
    const { error } = source;
    this.tell({
      type: 'playEnded',
      play,
      playedMs,
      stopped,
      ...(error && { error: plain(error) }),
    });
    // it was read to its end or given up: nobody waits for its file to be closed
    source.close().catch(() => {});
  }
}

function plain(error: { code: string; message: string }): { code: string; message: string } {
  return { code: error.code, message: error.message };
}
