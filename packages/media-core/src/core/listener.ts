import type { Clock } from '@strowger/runtime';
import type { StreamCodecs } from '../codec/stream-codecs.ts';
import type { NegotiatedMedia } from '../sdp/index.ts';
import type { CoreEvent, StreamSettings } from './core-api.ts';
import { Playout } from './playout.ts';
import { RateTap } from './rate-tap.ts';

/** What an endpoint hears, frame by frame, also for a program that listens. */
export class Listener {
  readonly playout: Playout;
  /** The last frame. */
  heard = new Int16Array(160);
  /** Of `heard`. */
  sampleRate = 8000;
  private readonly tell: (event: CoreEvent) => void;
  private granted = 0;
  private readonly told = new RateTap();
  private heardMs = 0;

  constructor(settings: StreamSettings, clock: Clock, tell: (event: CoreEvent) => void) {
    this.tell = tell;
    this.playout = new Playout(settings, clock);
  }

  configure({ ptimeMs }: NegotiatedMedia, codecs: StreamCodecs): void {
    const { sampleRate } = codecs;
    this.playout.configure(codecs);
    this.sampleRate = sampleRate;
    const frame = (ptimeMs * sampleRate) / 1000;
    if (frame !== this.heard.length) this.heard = new Int16Array(frame);
  }

  /** A frame's time has passed. */
  hear(): void {
    const { heard, sampleRate } = this;
    this.playout.read(heard);
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

  /** Nobody listens any more. */
  close(): void {
    this.granted = 0;
  }
}
