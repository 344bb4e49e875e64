import { type FrameMath, frameMath } from '../audio/frame-math.ts';

/** Everybody's frames, side by side in one memory, and what each is to hear of the others. */
export class Mixer {
  readonly samples: number;
  private readonly math: FrameMath;
  private readonly stride: number;
  private room = 0;
  private sums = 0;
  private heard = 0;
  private frames: Int16Array[] = [];
  private outputs: Int16Array[] = [];
  private total: Int16Array = new Int16Array(0);
  private totalAt = 0;
  private silenceAt = 0;

  /** @param samples of a frame. */
  constructor(samples: number, math = frameMath()) {
    this.samples = samples;
    this.math = math;
    this.stride = 16 * Math.ceil((2 * samples) / 16) + 32;
    this.provide(4);
  }

  /** What a member says: to be filled before `mix`. Views are valid until there are more members. */
  frame(member: number): Int16Array {
    return this.frames[member] as Int16Array; // in range: `provide` came before
  }

  /** What a member hears: filled by `mix`. */
  output(member: number): Int16Array {
    return this.outputs[member] as Int16Array; // in range: as above
  }

  /** What all say together: filled by `mix`. */
  get everything(): Int16Array {
    return this.total;
  }

  /** Makes room for so many. */
  provide(members: number): void {
    if (members <= this.room) return;
    const { stride, samples } = this;
    this.room = Math.max(members, 2 * this.room);
    this.heard = this.room * stride;
    this.sums = 2 * this.heard;
    this.totalAt = this.sums + 2 * stride;
    this.silenceAt = this.totalAt + stride;
    this.math.grow(this.silenceAt + stride);
    const { buffer } = this.math.memory;
    const frame = (at: number): Int16Array => new Int16Array(buffer, at, samples);
    this.frames = Array.from({ length: this.room }, (_, at) => frame(at * stride));
    this.outputs = Array.from({ length: this.room }, (_, at) => frame(this.heard + at * stride));
    this.total = frame(this.totalAt);
    new Uint8Array(buffer, this.silenceAt, stride).fill(0);
  }

  /** How loud a member is: the mean of the squares. */
  loudness(member: number): number {
    return this.math.energy(member * this.stride, this.samples) / this.samples;
  }

  /** Makes what a member says louder or softer, −8 to 8 times. */
  amplify(member: number, gain: number): void {
    this.math.amplify(member * this.stride, this.samples, Math.round(gain * 4096));
  }

  /** Everybody of the first so many hears all the others. */
  mix(members: number): void {
    const { math, stride, samples, sums } = this;
    math.sum(sums, 0, stride, members, samples);
    math.without(sums, 0, this.heard, stride, members, samples);
    math.without(sums, this.silenceAt, this.totalAt, stride, 1, samples);
  }

  /** Makes one member that was mixed sound louder or softer to another, saturated. */
  weigh(listener: number, speaker: number, gain: number): void {
    const heard = this.output(listener);
    const said = this.frame(speaker);
    for (let i = 0; i < heard.length; i++) {
      const sample = (heard[i] as number) + (gain - 1) * (said[i] as number); // in range
      heard[i] = sample < -32_768 ? -32_768 : sample > 32_767 ? 32_767 : sample;
    }
  }

  /** Lets a member hear another who was not mixed. */
  whisper(listener: number, said: Int16Array): void {
    const heard = this.output(listener);
    for (let i = 0; i < heard.length; i++) {
      const sample = (heard[i] as number) + (said[i] as number); // in range
      heard[i] = sample < -32_768 ? -32_768 : sample > 32_767 ? 32_767 : sample;
    }
  }
}
