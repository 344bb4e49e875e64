import type { FrameMath } from './frame-math.ts';

// oxlint-disable max-params -- as WebAssembly takes them: numbers, and no objects

/** The plain twin of wasm/audio.wat, and its oracle in tests. */
export class PlainFrameMath implements FrameMath {
  readonly memory = { buffer: new ArrayBuffer(1 << 20) };

  grow(bytes: number): void {
    const { buffer } = this.memory;
    if (bytes <= buffer.byteLength) return;
    const longer = new ArrayBuffer(Math.ceil(bytes / 65_536) * 65_536);
    new Uint8Array(longer).set(new Uint8Array(buffer));
    this.memory.buffer = longer;
  }

  sum(sums: number, frames: number, stride: number, count: number, samples: number): void {
    const total = new Int32Array(this.memory.buffer, sums, samples).fill(0);
    for (let member = 0; member < count; member++) {
      const frame = this.frame(frames + member * stride, samples);
      for (let i = 0; i < samples; i++) total[i] = (total[i] as number) + (frame[i] as number);
    }
  }

  without(
    sums: number,
    frames: number,
    out: number,
    stride: number,
    count: number,
    samples: number,
  ): void {
    const total = new Int32Array(this.memory.buffer, sums, samples);
    for (let member = 0; member < count; member++) {
      const own = this.frame(frames + member * stride, samples);
      const heard = this.frame(out + member * stride, samples);
      for (let i = 0; i < samples; i++) {
        heard[i] = saturated((total[i] as number) - (own[i] as number));
      }
    }
  }

  amplify(frame: number, samples: number, gain: number): void {
    const all = this.frame(frame, samples);
    for (let i = 0; i < samples; i++) all[i] = saturated(((all[i] as number) * gain) >> 12);
  }

  energy(frame: number, samples: number): number {
    let sum = 0;
    for (const sample of this.frame(frame, samples)) sum += sample * sample;
    return sum;
  }

  widen(frame: number, out: number, samples: number): void {
    new Float32Array(this.memory.buffer, out, samples).set(this.frame(frame, samples));
  }

  resample(
    input: number,
    filters: number,
    taps: number,
    up: number,
    down: number,
    phase: number,
    out: number,
    count: number,
  ): void {
    const heard = this.frame(out, count);
    let from = 0;
    let at = phase;
    const weights = new Float32Array(this.memory.buffer, filters, up * taps);
    const span = Math.floor((phase + (count - 1) * down) / up) + taps;
    const samples = new Float32Array(this.memory.buffer, input, Math.max(0, span));
    for (let i = 0; i < count; i++) {
      let sum = 0;
      const filter = at * taps;
      for (let k = 0; k < taps; k++) {
        sum += (samples[from + k] as number) * (weights[filter + k] as number);
      }
      heard[i] = saturated(Math.round(sum));
      at += down;
      from += Math.floor(at / up);
      at %= up;
    }
  }

  private frame(at: number, samples: number): Int16Array {
    return new Int16Array(this.memory.buffer, at, samples);
  }
}

function saturated(sample: number): number {
  return sample < -32_768 ? -32_768 : sample > 32_767 ? 32_767 : sample;
}
