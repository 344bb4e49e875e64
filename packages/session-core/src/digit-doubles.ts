/** How much later a second way may tell of the same key than the first. */
const WINDOW_MS = 1000;
/** Digits that are remembered. */
const LIMIT = 32;

/** How a digit came. */
export type DigitWay = 'media' | 'info';

/**
 * One stream of digits out of media and INFO: phones that send both ways are heard once.
 * Each digit is doubled by the other way once at most, so that quick repetitions stay.
 */
export class DigitDoubles {
  private readonly told: { way: DigitWay; digit: string; at: number; isDoubled: boolean }[] = [];

  /** Whether a digit that came this way at `now` is a new one. */
  isNew(way: DigitWay, digit: string, now: number): boolean {
    const double = this.told.find(
      (one) =>
        one.way !== way && one.digit === digit && !one.isDoubled && now - one.at <= WINDOW_MS,
    );
    if (double !== undefined) {
      double.isDoubled = true;
      return false;
    }
    this.told.push({ way, digit, at: now, isDoubled: false });
    if (this.told.length > LIMIT) this.told.shift();
    return true;
  }
}
