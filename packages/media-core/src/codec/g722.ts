import { clamp, G722Band, HIGHER_BAND, LOWER_BAND, saturate } from './g722-band.ts';

// G.722 at 64 kbit/s (ITU-T G.722, 09/2012): two sub-bands of 8000 samples a second each, the lower
// one in six bits of a byte, the higher one in two.

/** Encodes PCM of 16 000 Hz; state runs on from one call to the next. */
export class G722Encoder {
  private readonly lower = new G722Band(LOWER_BAND);
  private readonly higher = new G722Band(HIGHER_BAND);
  private readonly split = new Mirror();

  /** Encodes two samples into each byte of `out`; an odd one at the end is left out. */
  encode(samples: Int16Array, out: Uint8Array): number {
    const { split, lower, higher } = this;
    const bytes = samples.length >> 1;
    for (let i = 0; i < bytes; i++) {
      split.push(samples[2 * i] as number, samples[2 * i + 1] as number); // in range
      const low = (split.newer + split.older) >> 14;
      const high = (split.newer - split.older) >> 14;
      const highCode = quantisedHigh(high, higher);
      const lowCode = quantisedLow(low, lower);
      higher.update((higher.scale * (HIGH_LEVELS[highCode] as number)) >> 10, highCode);
      lower.update((lower.scale * (LOW_LEVELS4[lowCode >> 2] as number)) >> 10, lowCode >> 2);
      out[i] = (highCode << 6) | lowCode;
    }
    return bytes;
  }
}

/** Decodes to PCM of 16 000 Hz; state runs on from one call to the next. */
export class G722Decoder {
  private readonly lower = new G722Band(LOWER_BAND);
  private readonly higher = new G722Band(HIGHER_BAND);
  private readonly join = new Mirror();

  /** Decodes each byte into two samples of `out`. */
  decode(bytes: Uint8Array, out: Int16Array): number {
    const { join, lower, higher } = this;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number; // in range
      const lowCode = byte & 0x3f;
      const highCode = byte >> 6;
      const fine = (lower.scale * (LOW_LEVELS6[lowCode] as number)) >> 10;
      const low = clamp(lower.predicted + fine, -16_384, 16_383);
      lower.update((lower.scale * (LOW_LEVELS4[lowCode >> 2] as number)) >> 10, lowCode >> 2);
      const difference = (higher.scale * (HIGH_LEVELS[highCode] as number)) >> 10;
      const high = clamp(higher.predicted + difference, -16_384, 16_383);
      higher.update(difference, highCode);
      join.push(low + high, low - high);
      out[2 * i] = saturate(join.newer >> 11);
      out[2 * i + 1] = saturate(join.older >> 11);
    }
    return 2 * bytes.length;
  }
}

/** The quadrature mirror filter of 24 taps, which splits and joins the bands (§3.1, §4.4). */
class Mirror {
  /** The filter's sum over every other one of the last 24 samples, the newest among them. */
  newer = 0;
  /** The same over the others. */
  older = 0;
  /** Twice the last 24 samples, so that they always lie in a row. */
  private readonly history = new Int32Array(48);
  private at = 0;

  push(first: number, second: number): void {
    const { history, at } = this;
    history[at] = history[at + 24] = first;
    history[at + 1] = history[at + 25] = second;
    this.at = at === 22 ? 0 : at + 2;
    let newer = 0;
    let older = 0;
    for (let k = 0; k < 12; k++) {
      // in range: `at` is 22 at most
      older += (history[at + 2 + 2 * k] as number) * (TAPS[11 - k] as number);
      newer += (history[at + 3 + 2 * k] as number) * (TAPS[k] as number);
    }
    this.newer = newer;
    this.older = older;
  }
}

/** Every other coefficient; the rest are the same backwards (table 11). */
const TAPS = [-11, 53, -156, 362, -805, 3876, 951, -210, 32, 12, -11, 3];

/** §3.4, `QUANTL`: six bits. */
function quantisedLow(sample: number, { predicted, scale }: G722Band): number {
  const difference = saturate(sample - predicted);
  const magnitude = (difference < 0 ? ~difference : difference) + 1;
  const limit = magnitude * 1024;
  let level = limit > (LOW_DECISIONS[8] as number) * scale ? 9 : 0;
  while (level < 29 && limit > (LOW_DECISIONS[level] as number) * scale) level++;
  if (difference >= 0) return 61 - level;
  return (level < 2 ? 63 : 33) - level;
}

/** §3.4, `QUANTH`: two bits. */
function quantisedHigh(sample: number, { predicted, scale }: G722Band): number {
  const difference = saturate(sample - predicted);
  const magnitude = difference < 0 ? ~difference : difference;
  const isSmall = magnitude < (141 * scale) >> 8 ? 1 : 0;
  return isSmall + (difference >= 0 ? 2 : 0);
}

/** Table 5, `Q6`, times 8 and rounded as its last column has it. */
const LOW_DECISIONS = [
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
  1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];

/** Table 7, `QQ4`: the predictor goes by four bits, so that the other two may be lost. */
const LOW_LEVELS4 = [
  0, -2557, -1612, -1121, -786, -530, -323, -150, 2557, 1612, 1121, 786, 530, 323, 150, 0,
];

/** Table 7, `QQ6`. */
const LOW_LEVELS6 = [
  -17, -17, -17, -17, -3101, -2738, -2376, -2088, -1873, -1689, -1535, -1399, -1279, -1170, -1072,
  -982, -899, -822, -750, -682, -618, -558, -501, -447, -396, -347, -300, -254, -211, -170, -130,
  -91, 3101, 2738, 2376, 2088, 1873, 1689, 1535, 1399, 1279, 1170, 1072, 982, 899, 822, 750, 682,
  618, 558, 501, 447, 396, 347, 300, 254, 211, 170, 130, 91, 54, 17, -54, -17,
];

/** Table 8, `QQ2`. */
const HIGH_LEVELS = [-926, -202, 926, 202];
