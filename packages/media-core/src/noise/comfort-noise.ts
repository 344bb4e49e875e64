/** What one packet of comfort noise is taken to last; what follows it lasts until something comes. */
export const NOISE_FRAME_MS = 10;
/** Of the all-pole filter: what others send is of 10 at most; more is cut, and stays stable. */
const MAXIMUM_ORDER = 16;
/** 0 dBov: a square wave that fills the range (RFC 3389 §3). */
const OVERLOAD = 32_767;

/**
 * Noise as the other side describes it while it says nothing (RFC 3389): of a level, and of a
 * colour where it tells one. Goes on until another packet changes it, faded over the first 10 ms.
 */
export class ComfortNoise {
  /** Reflection coefficients of the filter, and its state: the backward errors. */
  private readonly reflections = new Float64Array(MAXIMUM_ORDER);
  private readonly errors = new Float64Array(MAXIMUM_ORDER + 1);
  private order = 0;
  /** Largest excitation, that of now and the one that it moves to. */
  private amplitude = 0;
  private wanted = 0;
  private seed = 0x2545f491;

  /** Takes a payload: a level, then reflection coefficients. An empty one changes nothing. */
  take(payload: Uint8Array): void {
    const [level] = payload;
    if (level === undefined) return;
    this.order = Math.min(MAXIMUM_ORDER, payload.length - 1);
    let passed = 1;
    for (let i = 0; i < this.order; i++) {
      const reflection = reflectionOf(payload[i + 1] ?? 127);
      this.reflections[i] = reflection;
      passed *= 1 - reflection * reflection;
    }
    // what the filter adds is taken from the excitation; an even spread of ±a has an RMS of a / √3
    const rms = OVERLOAD * 10 ** (-(level & 0x7f) / 20);
    this.wanted = rms * Math.sqrt(3 * passed);
  }

  /** Fills a part of `out`. */
  read(out: Int16Array, from: number, to: number): void {
    const step = (this.wanted - this.amplitude) / Math.max(1, to - from);
    for (let i = from; i < to; i++) {
      this.amplitude += step;
      const sample = Math.round(this.filter(this.random() * this.amplitude));
      out[i] = Math.max(-32_768, Math.min(32_767, sample));
    }
    this.amplitude = this.wanted;
  }

  /** Nothing of before is heard again. */
  reset(): void {
    this.amplitude = 0;
    this.wanted = 0;
    this.order = 0;
    this.errors.fill(0);
  }

  /** The all-pole lattice: stable for every reflection coefficient within ±1. */
  private filter(excitation: number): number {
    const { errors, reflections } = this;
    let forward = excitation;
    for (let i = this.order - 1; i >= 0; i--) {
      const reflection = reflections[i] as number; // in range
      const backward = errors[i] as number;
      forward -= reflection * backward;
      errors[i + 1] = backward + reflection * forward;
    }
    errors[0] = forward;
    return forward;
  }

  /** Evenly spread within ±1 (xorshift): noise has nothing to keep secret. */
  private random(): number {
    let { seed } = this;
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    this.seed = seed;
    return seed / 0x8000_0000;
  }
}

/** As it is quantised: 127 is none (RFC 3389 §3.2). 255 is not used; it is the largest. */
function reflectionOf(quantised: number): number {
  return (258 * (Math.min(254, quantised) - 127)) / 32_768;
}
