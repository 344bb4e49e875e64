import { StrowgerError } from '@strowger/runtime';
import { WavWriter } from '../audio/index.ts';
import type { StreamCodecs } from '../codec/stream-codecs.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { CoreError, CoreEvent, Recorded, StreamSettings } from './core-api.ts';
import { Playout } from './playout.ts';
import { RateTap } from './rate-tap.ts';

/** What an endpoint hears, frame by frame: into a recording, and to a program that listens. */
export class Listener {
  readonly playout: Playout;
  /** The last frame. */
  heard = new Int16Array(160);
  /** Of `heard`. */
  sampleRate = 8000;
  private readonly tell: (event: CoreEvent) => void;
  private recorder: WavWriter | undefined;
  private readonly recorded = new RateTap();
  private isOpeningRecorder = false;
  private isClosed = false;
  private granted = 0;
  private readonly told = new RateTap();
  private heardMs = 0;

  constructor(settings: StreamSettings, tell: (event: CoreEvent) => void) {
    this.tell = tell;
    this.playout = new Playout(settings);
  }

  configure({ ptimeMs }: NegotiatedMedia, { formats, sampleRate }: StreamCodecs): void {
    this.playout.configure(formats, sampleRate);
    this.sampleRate = sampleRate;
    const frame = (ptimeMs * sampleRate) / 1000;
    if (frame !== this.heard.length) this.heard = new Int16Array(frame);
  }

  /** A frame's time has passed. */
  hear(): void {
    const { heard, sampleRate } = this;
    this.playout.read(heard);
    this.recorder?.write(this.recorded.take(heard, sampleRate));
    if (this.granted > 0) {
      this.granted--;
      const timestamp = Math.round((this.heardMs * this.told.sampleRate) / 1000);
      const samples = this.told.take(heard, sampleRate).slice();
      this.tell({ type: 'heard', samples, timestamp });
    }
    this.heardMs += (heard.length * 1000) / sampleRate;
  }

  /** Lets so many frames more be told at this rate; 0 ends it. */
  grant(frames: number, sampleRate: number): void {
    this.granted = frames === 0 ? 0 : this.granted + frames;
    this.told.sampleRate = sampleRate;
  }

  /** Records from the next frame on, at the rate that is heard now. */
  async record(path: string): Promise<void> {
    if (this.recorder !== undefined || this.isOpeningRecorder) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is being recorded already');
    }
    this.isOpeningRecorder = true;
    const { sampleRate } = this;
    try {
      const recorder = await WavWriter.create(path, { sampleRate });
      this.recorded.sampleRate = sampleRate;
      if (!this.isClosed) this.recorder = recorder;
      else await recorder.close();
    } finally {
      this.isOpeningRecorder = false;
    }
    if (this.isClosed) throw new StrowgerError('MEDIA_CLOSED', 'The endpoint was closed');
  }

  async stopRecord(): Promise<Recorded> {
    const { recorder } = this;
    if (recorder === undefined) {
      throw new StrowgerError('MEDIA_WRONG_STATE', 'This endpoint is not being recorded');
    }
    this.recorder = undefined;
    return recorder.close();
  }

  /** Resolves with what a recording under way has become. */
  async close(): Promise<Recorded | CoreError | undefined> {
    this.isClosed = true;
    this.granted = 0;
    const { recorder } = this;
    this.recorder = undefined;
    return recorder?.close().catch((error: StrowgerError) => {
      return { code: error.code, message: error.message };
    });
  }
}
