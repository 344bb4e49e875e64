import type { AudioEndpoint } from './audio-endpoint.ts';
import type { MemberSettings } from './core-api.ts';
import { FrameFifo } from './frame-fifo.ts';
import { RateTap } from './rate-tap.ts';

/** What may lie between an endpoint and the mix: a packet's time, and that of a late tick. */
const WAITING_MS = 200;
/** How fast loudness follows what is said: a syllable takes ten frames. */
const SMOOTHING = 0.2;

/** One member: an endpoint that ticks in its own time, and its two ways to the mix and back. */
export class ConferenceMember {
  readonly endpoint: AudioEndpoint;
  settings: MemberSettings;
  /** Of the last frames, smoothed. */
  loudness = 0;
  private readonly said = new RateTap();
  private readonly hears = new RateTap();
  private inwards = new FrameFifo(1);
  private outwards = new FrameFifo(1);
  private mixRate = 8000;
  private ownRate = 0;

  constructor(endpoint: AudioEndpoint, settings: MemberSettings) {
    this.endpoint = endpoint;
    this.settings = settings;
    endpoint.join({
      take: (frame, sampleRate) => this.inwards.push(this.said.take(frame, sampleRate)),
      read: (out, sampleRate) => this.read(out, sampleRate),
    });
    this.sampleRate = this.mixRate;
  }

  /** Of the mix. */
  set sampleRate(sampleRate: number) {
    this.mixRate = sampleRate;
    this.said.sampleRate = sampleRate;
    this.inwards = new FrameFifo((sampleRate * WAITING_MS) / 1000);
  }

  /** Fills the next frame of what it says; silence where it is not to be heard. */
  speak(frame: Int16Array): void {
    this.inwards.read(frame);
    if (this.settings.muted || this.settings.role === 'listener') frame.fill(0);
  }

  /** Takes a frame of the mix. */
  hear(frame: Int16Array): void {
    if (this.settings.deaf || this.ownRate === 0) return;
    this.outwards.push(this.hears.take(frame, this.mixRate));
  }

  follow(loudness: number): void {
    this.loudness += (loudness - this.loudness) * SMOOTHING;
  }

  leave(): void {
    this.endpoint.join(undefined);
  }

  /** What the endpoint sends: called when its packet is due. */
  private read(out: Int16Array, sampleRate: number): boolean {
    if (sampleRate !== this.ownRate) {
      this.ownRate = sampleRate;
      this.hears.sampleRate = sampleRate;
      this.outwards = new FrameFifo((sampleRate * WAITING_MS) / 1000);
    }
    return this.outwards.read(out);
  }
}
