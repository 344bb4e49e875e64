import type { FrameSource } from './audio-sources.ts';
import type { CoreEvent } from './core-api.ts';

interface Playing {
  readonly play: number;
  readonly source: FrameSource;
  samples: number;
}

/** Plays one source after the other; the newer one ends the older. */
export class Player {
  private readonly tell: (event: CoreEvent) => void;
  /** The latest request: one that opens its file for longer than its successor has lost. */
  private latest = -1;
  private playing: Playing | undefined;
  private isClosed = false;

  constructor(tell: (event: CoreEvent) => void) {
    this.tell = tell;
  }

  /** Rejects with the source's error where it cannot be opened. */
  async start(play: number, open: () => Promise<FrameSource>): Promise<void> {
    this.latest = play;
    const source = await open();
    if (this.latest !== play || this.isClosed) {
      await source.close();
      this.tell({ type: 'playEnded', play, playedMs: 0, stopped: true });
      return;
    }
    this.end(true);
    this.playing = { play, source, samples: 0 };
  }

  stop(play: number): void {
    if (this.latest === play) this.latest = -1;
    if (this.playing?.play === play) this.end(true);
  }

  /** Fills a frame; `false` where nothing plays. The last one is filled up with silence. */
  read(out: Int16Array): boolean {
    const { playing } = this;
    if (playing === undefined) return false;
    const count = playing.source.read(out);
    playing.samples += count;
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
    const { play, samples, source } = playing;
    const { error } = source;
    const playedMs = samples / 8;
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
