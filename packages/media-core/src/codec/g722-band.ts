/**
 * One sub-band of G.722 (ITU-T G.722, 09/2012): the adaptive predictor and the scale factor of its
 * quantiser, which encoder and decoder keep alike. In 32-bit integers throughout, rounded and
 * saturated where the recommendation says so, or the two sides would drift apart.
 */
export class G722Band {
  /** What the predictor expects of the next sample (§3.6.3, `SL`, `SH`). */
  predicted = 0;
  /** What the quantiser's intervals are multiplied by (§3.5, `DETL`, `DETH`). */
  scale: number;
  private readonly shape: BandShape;
  /** The scale factor's logarithm (`NBL`, `NBH`). */
  private logScale = 0;
  private readonly zeros = new Int32Array(6);
  /** Quantised differences of before, newest first. */
  private readonly differences = new Int32Array(6);
  private pole1 = 0;
  private pole2 = 0;
  private reconstructed = 0;
  private signBefore = 0;
  private signBefore2 = 0;

  constructor(shape: BandShape) {
    this.shape = shape;
    this.scale = shape.firstScale;
  }

  /** Takes the quantised difference of a sample, and the code that stood for it. */
  update(difference: number, code: number): void {
    this.adaptPoles(difference);
    const fromZeros = this.adaptZeros(difference);
    this.predict(difference, fromZeros);
    this.adaptScale(code);
  }

  /** The second-order predictor's coefficients (§3.6.2, `UPPOL1`, `UPPOL2`). */
  private adaptPoles(difference: number): void {
    const sign = this.fromZerosBefore + difference < 0 ? 1 : 0;
    const same1 = sign === this.signBefore ? 1 : -1;
    const same2 = sign === this.signBefore2 ? 1 : -1;
    this.signBefore2 = this.signBefore;
    this.signBefore = sign;
    const leaked = (this.pole2 * 127) >> 7;
    const limited = clamp(this.pole1, -8191, 8191);
    this.pole2 = clamp(((-same1 * limited) >> 5) + same2 * 128 + leaked, -12_288, 12_288);
    const limit = 15_360 - this.pole2;
    this.pole1 = clamp(192 * same1 + ((this.pole1 * 255) >> 8), -limit, limit);
  }

  private fromZerosBefore = 0;

  /** The sixth-order predictor's coefficients (§3.6.2, `UPZERO`), and what they predict. */
  private adaptZeros(difference: number): number {
    const { zeros, differences } = this;
    let sum = 0;
    for (let k = 5; k >= 0; k--) {
      const before = differences[k] as number; // in range
      const newer = k > 0 ? (differences[k - 1] as number) : difference * 2;
      const step = difference === 0 ? 0 : (before ^ difference) < 0 ? -128 : 128;
      const zero = (((zeros[k] as number) * 255) >> 8) + step;
      zeros[k] = zero;
      differences[k] = newer;
      sum += (newer * zero) >> 15;
    }
    return sum;
  }

  private predict(difference: number, fromZeros: number): void {
    const reconstructed = saturate((this.predicted + difference) * 2);
    this.predicted = saturate(
      fromZeros + ((this.pole1 * reconstructed) >> 15) + ((this.pole2 * this.reconstructed) >> 15),
    );
    this.reconstructed = reconstructed;
    this.fromZerosBefore = fromZeros;
  }

  /** §3.5: `LOGSCL`, `SCALEL` and their likes for the higher band. */
  private adaptScale(code: number): void {
    const { steps, highestLog, offset } = this.shape;
    const step = steps[code] as number; // in range: a step for every code
    this.logScale = clamp(((this.logScale * 127) >> 7) + step, 0, highestLog);
    const log = this.logScale - (offset << 11);
    const mantissa = MANTISSAS[(log >> 6) & 31] as number; // in range: 32 of them
    const shift = log >> 11;
    this.scale = shift < 0 ? mantissa >> -shift : mantissa << shift;
  }
}

/** What differs between the two bands. */
export interface BandShape {
  readonly firstScale: number;
  /** By code: how the logarithm of the scale moves (tables 10 and 13, `WL`, `WH`). */
  readonly steps: readonly number[];
  readonly highestLog: number;
  readonly offset: number;
}

/** 0–4000 Hz: by the upper four bits of its six. */
export const LOWER_BAND: BandShape = {
  firstScale: 8,
  steps: [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60],
  highestLog: 18_432,
  offset: 8,
};

/** 4000–8000 Hz: by its two bits. */
export const HIGHER_BAND: BandShape = {
  firstScale: 2,
  steps: [798, -214, 798, -214],
  highestLog: 22_528,
  offset: 10,
};

/** 2048 · 2^(n/32) (table 12, `ILB`). */
const MANTISSAS = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
  2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

export function clamp(value: number, least: number, most: number): number {
  return value < least ? least : value > most ? most : value;
}

/** To 16 bits. */
export function saturate(value: number): number {
  return clamp(value, -32_768, 32_767);
}
