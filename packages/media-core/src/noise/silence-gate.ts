import { FULL_SCALE_DBM0 } from '../audio/index.ts';
import { BLOCK_MS, LevelMeter } from '../speech/level-meter.ts';

/** Louder than this is never taken for silence, nor is anything below `SILENT_DBM0` for sound. */
const LOUD_DBM0 = -40;
const SILENT_DBM0 = -65;
/** In between, what stands so far out of the noise is sound. */
const ABOVE_NOISE_DB = 6;
/** The noise is believed to rise so slowly, and to fall at once. */
const NOISE_RISE_DB = (4 * BLOCK_MS) / 1000;
/** So long after the last sound it is sent still: words have gaps and soft ends. */
const HANG_MS = 200;
/** The noise is told again where it has changed so much, at most so often, and at least so often. */
const CHANGE_DB = 3;
const OFTEN_MS = 100;
const SELDOM_MS = 1000;
/** A block counts so much against the noise before it. */
const SMOOTHING = 1 / 8;
/** A sine that fills the range lies 3.01 dB below the square wave of 0 dBov (RFC 3389 §3.1). */
const DBM0_TO_DBOV = -FULL_SCALE_DBM0 - 3.01;

/** What becomes of a packet's time. */
export type Slot = 'sound' | 'noise' | 'nothing';

/** Tells what of our own audio need not be sent, because it is silence (RFC 3389 §4). */
export class SilenceGate {
  private readonly meter = new LevelMeter();
  /** Follows the quietest, and the mean power of what was taken for silence. */
  private floor = SILENT_DBM0;
  private power = 0;
  private hangMs = HANG_MS;
  private told: number | undefined;
  private sinceToldMs = 0;

  /** Of the noise, as a packet of it has it: 0 to 127, below 0 dBov. */
  get level(): number {
    const dbov = 10 * Math.log10(Math.max(this.power, 1e-13)) + DBM0_TO_DBOV;
    return Math.max(0, Math.min(127, Math.round(-dbov)));
  }

  /** Hears the samples of a packet; `noise` is to be sent in its place, at `level`, or `nothing`. */
  judge(samples: Int16Array, sampleRate: number): Slot {
    this.meter.push(samples, sampleRate, this.onBlock);
    if (this.hangMs > 0) {
      this.told = undefined;
      return 'sound';
    }
    this.sinceToldMs += (samples.length * 1000) / sampleRate;
    const { level, told } = this;
    const hasMoved = told === undefined || Math.abs(level - told) >= CHANGE_DB;
    const isDue = told === undefined || this.sinceToldMs >= (hasMoved ? OFTEN_MS : SELDOM_MS);
    if (!isDue) return 'nothing';
    this.told = level;
    this.sinceToldMs = 0;
    return 'noise';
  }

  /** Something else was sent meanwhile, or nothing could be: what is silent is to be told anew. */
  reset(): void {
    this.told = undefined;
  }

  private readonly onBlock = (dbm0: number): void => {
    const isSound = dbm0 > LOUD_DBM0 || (dbm0 > SILENT_DBM0 && dbm0 > this.floor + ABOVE_NOISE_DB);
    const rise = Math.min(NOISE_RISE_DB, dbm0 - this.floor);
    this.floor = Math.max(SILENT_DBM0, this.floor + (rise < 0 ? rise / 4 : rise));
    if (isSound) {
      this.hangMs = HANG_MS;
      return;
    }
    this.hangMs = Math.max(0, this.hangMs - BLOCK_MS);
    const power = 10 ** (dbm0 / 10);
    this.power += (power - this.power) * (this.power === 0 ? 1 : SMOOTHING);
  };
}
