import { Resampler } from '../audio/index.ts';

/** Hands frames of a stream on at a rate of its own, whatever rate they come at. */
export class RateTap {
  /** What is handed on; one of `SAMPLE_RATES`. */
  sampleRate = 8000;
  private resampler: Resampler | undefined;
  private from = 0;
  private to = 0;

  /** A frame at our rate: of changing length where the rates divide none; ours only until the next. */
  take(frame: Int16Array, sampleRate: number): Int16Array {
    if (sampleRate === this.sampleRate) return frame;
    if (this.resampler === undefined || this.from !== sampleRate || this.to !== this.sampleRate) {
      this.from = sampleRate;
      this.to = this.sampleRate;
      this.resampler = new Resampler(sampleRate, this.sampleRate);
    }
    return this.resampler.push(frame);
  }

  /** What a filter still holds of the last frames. */
  end(): Int16Array {
    const last = this.resampler?.end() ?? new Int16Array(0);
    this.resampler = undefined;
    return last;
  }
}
