/** How a stream is heard: well, with complaints, badly. */
export type QualityLevel = 'good' | 'fair' | 'poor';

/** Where one level ends, in MOS of a second. */
export interface QualityThresholds {
  /** Below it a second is no longer good; default 3.6: some users are dissatisfied (G.109). */
  readonly fairBelowMos: number;
  /** Below it a second is poor; default 3.1: many users are dissatisfied. */
  readonly poorBelowMos: number;
}

/** Where levels end unless something else is said (ITU-T G.109). */
export const DEFAULT_THRESHOLDS: QualityThresholds = { fairBelowMos: 3.6, poorBelowMos: 3.1 };

const ORDER: readonly QualityLevel[] = ['poor', 'fair', 'good'];
/** Seconds in a row that make the level worse, and better: it does not flap. */
const SECONDS_TO_FALL = 3;
const SECONDS_TO_RISE = 5;

/** The level of a stream, changed only by several seconds in a row. It begins as `good`. */
export class QualityLevels {
  level: QualityLevel = 'good';
  private readonly thresholds: QualityThresholds;
  private worse = 0;
  private better = 0;

  constructor(thresholds: QualityThresholds) {
    this.thresholds = thresholds;
  }

  /** Takes the score of a second; the level before where it changed with it. */
  take(mos: number): QualityLevel | undefined {
    const { level } = this;
    const seen = this.levelOf(mos);
    const difference = ORDER.indexOf(seen) - ORDER.indexOf(level);
    this.worse = difference < 0 ? this.worse + 1 : 0;
    this.better = difference > 0 ? this.better + 1 : 0;
    if (this.worse < SECONDS_TO_FALL && this.better < SECONDS_TO_RISE) return undefined;
    this.worse = 0;
    this.better = 0;
    this.level = seen;
    return level;
  }

  private levelOf(mos: number): QualityLevel {
    if (mos < this.thresholds.poorBelowMos) return 'poor';
    return mos < this.thresholds.fairBelowMos ? 'fair' : 'good';
  }
}
