import { type Clock, StrowgerError } from '@strowger/runtime';
import type { Cleared, MarkOutcome, PcmFrame, Playback } from '@strowger/session-core';
import { FakePlaying } from './fake-playing.ts';

/** Frames that wait for a slow reader; the oldest give way. */
const FRAME_LIMIT = 250;

/** @internal The audio streams of a fake endpoint. */
export class FakeAudio {
  private readonly say: (frame: PcmFrame) => void;
  private reader: ReadableStreamDefaultController<PcmFrame> | undefined;
  private writer: WritableStreamDefaultController | undefined;
  private readonly playing: FakePlaying;
  private closed = false;

  constructor(say: (frame: PcmFrame) => void, clock: Clock | undefined) {
    this.say = say;
    this.playing = new FakePlaying(clock);
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
  tone(isQueued: boolean): Playback {
    this.claim(undefined);
    return this.playing.start(isQueued);
  }

  /** What a program says is heard at once, so only tones are waited for. */
  mark(name: string): Promise<MarkOutcome> {
    this.claim(undefined);
    return this.playing.mark(name);
  }

  clear(): Cleared {
    this.claim(undefined);
    return this.playing.clear();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.playing.clear();
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
