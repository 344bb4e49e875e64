import type { PcmFrame, Playback } from '@strowger/session-core';
import { type Clock, StrowgerError } from '@strowger/runtime';

/** Frames that wait for a slow reader; the oldest give way. */
const FRAME_LIMIT = 250;

const nothing = (): void => {};

/** @internal The audio streams of a fake endpoint. */
export class FakeAudio {
  private readonly say: (frame: PcmFrame) => void;
  private reader: ReadableStreamDefaultController<PcmFrame> | undefined;
  private writer: WritableStreamDefaultController | undefined;
  private readonly playing = new Set<() => void>();
  private closed = false;

  constructor(say: (frame: PcmFrame) => void) {
    this.say = say;
  }

  heard(frame: PcmFrame): void {
    const room = this.reader?.desiredSize ?? 0;
    if (room > 0) this.reader?.enqueue(frame);
  }

  readable(): ReadableStream<PcmFrame> {
    this.claim(this.reader);
    return new ReadableStream<PcmFrame>(
      {
        start: (controller) => {
          this.reader = controller;
        },
        cancel: () => {
          this.reader = undefined;
        },
      },
      { highWaterMark: FRAME_LIMIT },
    );
  }

  writable(): WritableStream<PcmFrame> {
    this.claim(this.writer);
    const done = (): void => {
      this.writer = undefined;
    };
    return new WritableStream<PcmFrame>({
      start: (controller) => {
        this.writer = controller;
      },
      write: (frame) => this.say(frame),
      close: done,
      abort: done,
    });
  }

  /** A tone that lasts until it is stopped. */
  tone(clock: Clock | undefined): Playback {
    this.claim(undefined);
    const began = clock?.now() ?? 0;
    let stop = nothing;
    const finished = new Promise<{ playedMs: number; stopped: boolean }>((resolve) => {
      stop = () => {
        this.playing.delete(stop);
        resolve({ playedMs: (clock?.now() ?? 0) - began, stopped: true });
      };
    });
    this.playing.add(stop);
    return { finished, stop };
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const stop of this.playing) stop();
    this.reader?.close();
    this.writer?.error(new StrowgerError('MEDIA_CLOSED', 'the endpoint is closed'));
    this.reader = undefined;
    this.writer = undefined;
  }

  private claim(taken: object | undefined): void {
    if (this.closed) throw new StrowgerError('MEDIA_CLOSED', 'the endpoint is closed');
    if (taken) throw new StrowgerError('MEDIA_WRONG_STATE', 'this stream is in use');
  }
}
