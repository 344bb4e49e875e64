/** How much later a second way may tell of the same key than the first. */
const WINDOW_MS = 500;
/** Digits that are remembered. */
const LIMIT = 32;

interface Told {
  readonly digit: string;
  readonly at: number;
  readonly durationMs: number;
  /** The ways that have told of it. */
  readonly sources: string[];
}

/**
 * One stream of digits out of several that may tell of the same keys: as events and in band. A
 * digit is a double when another way told the same one within half a second and the length of the
 * digit, and each digit is doubled by each way once at most, so that quick repetitions stay.
 */
export class DigitMerger {
  private readonly told: Told[] = [];

  /** Whether a way has told of this digit, and another may tell of the same key at `now`. */
  hasTold(source: string, digit: string, now: number): boolean {
    return this.told.some(
      (one) =>
        one.digit === digit &&
        one.sources.length === 1 &&
        one.sources[0] === source &&
        now - one.at <= WINDOW_MS,
    );
  }

  /** Whether a digit that `source` tells at `now`, at its end, is a new one. */
  isNew(source: string, { digit, durationMs }: { digit: string; durationMs: number }, now: number) {
    const { told } = this;
    const isDouble = (one: Told): boolean =>
      one.digit === digit &&
      !one.sources.includes(source) &&
      now - one.at <= WINDOW_MS + Math.max(durationMs, one.durationMs);
    const double = told.find(isDouble);
    if (double !== undefined) {
      double.sources.push(source);
      return false;
    }
    told.push({ digit, at: now, durationMs, sources: [source] });
    if (told.length > LIMIT) told.shift();
    return true;
  }
}
