/** Delays are counted in bins of this width, up to a second. */
const BIN_MS = 5;
const BINS = 200;
/** What a delay still counts after the next packet: half of it after 350, seven seconds of them. */
const FORGET = 0.998;
/** Then weights begin anew. */
const HEAVIEST = 1e6;
/** So many of all packets may be too late for the delay that is aimed at. */
const LATE_SHARE = 0.02;
/**
 * The fastest packet of one to two of these is what others are measured by: where the way or the
 * sender's timeline has become longer for good, nothing of before holds any more after so long.
 */
const FASTEST_MS = 1000;
/** The fastest packet of so long is what clocks are compared by. */
const WINDOW_MS = 5000;
/** Windows by which clocks are compared: five minutes. */
const WINDOWS = 60;
/** Windows before anything is said of clocks: with fewer, delay and clock cannot be told apart. */
const FEWEST_WINDOWS = 6;

/**
 * What the network does to packets: how much later than the fastest of late they come, and by how
 * much the sender's clock differs from ours. A packet's transit is the time when it came less its
 * place in the stream, both in milliseconds; of itself it means nothing, only against others.
 */
export class DelayEstimator {
  private readonly bins = new Float32Array(BINS);
  private total = 0;
  private weight = 1;
  /** The fastest of late, and of the time before. */
  private readonly lately = new Fastest();
  private before = Number.POSITIVE_INFINITY;
  private readonly window = new Fastest();
  private readonly windows: { at: number; transit: number }[] = [];

  /** Takes a packet; returns how much later than the fastest it came. */
  take(nowMs: number, transitMs: number): number {
    const { lately, window, windows } = this;
    if (lately.lasts(nowMs) >= FASTEST_MS) {
      this.before = lately.transit;
      lately.begin();
    }
    if (window.lasts(nowMs) >= WINDOW_MS) {
      windows.push({ at: window.at, transit: window.transit });
      if (windows.length > WINDOWS) windows.shift();
      window.begin();
    }
    lately.take(nowMs, transitMs);
    window.take(nowMs, transitMs);
    const delayMs = transitMs - Math.min(lately.transit, this.before);
    this.count(delayMs);
    return delayMs;
  }

  /** Whether a transit has nothing to do with those before: a clock has jumped, or stood still. */
  isFar(transitMs: number): boolean {
    const fastest = Math.min(this.lately.transit, this.before);
    return Number.isFinite(fastest) && Math.abs(transitMs - fastest) > BINS * BIN_MS;
  }

  /** The delay for which no more than two in a hundred packets of late were too late. */
  get neededMs(): number {
    let left = this.total * LATE_SHARE;
    for (let bin = BINS - 1; bin > 0; bin--) {
      left -= this.bins[bin] as number; // in range
      if (left < 0) return (bin + 1) * BIN_MS;
    }
    return 0;
  }

  /**
   * By how many millionths the sender's clock is slower than ours: negative where it is faster, 0 in
   * the first half minute.
   */
  get skewPpm(): number {
    const { windows } = this;
    if (windows.length < FEWEST_WINDOWS) return 0;
    let [sumAt, sumTransit] = [0, 0];
    for (const { at, transit } of windows) {
      sumAt += at;
      sumTransit += transit;
    }
    const [meanAt, meanTransit] = [sumAt / windows.length, sumTransit / windows.length];
    let [both, square] = [0, 0];
    for (const { at, transit } of windows) {
      both += (at - meanAt) * (transit - meanTransit);
      square += (at - meanAt) ** 2;
    }
    return (both / square) * 1e6;
  }

  /** Another stream, or another way: nothing of before holds. */
  reset(): void {
    this.bins.fill(0);
    this.total = 0;
    this.weight = 1;
    this.lately.begin();
    this.before = Number.POSITIVE_INFINITY;
    this.window.begin();
    this.windows.length = 0;
  }

  private count(delayMs: number): void {
    const bin = Math.max(0, Math.min(BINS - 1, Math.floor(delayMs / BIN_MS)));
    // instead of all that was becoming less, what comes counts for more
    this.weight /= FORGET;
    this.bins[bin] = (this.bins[bin] as number) + this.weight;
    this.total += this.weight;
    if (this.weight < HEAVIEST) return;
    for (let at = 0; at < BINS; at++) this.bins[at] = (this.bins[at] as number) / this.weight;
    this.total /= this.weight;
    this.weight = 1;
  }
}

/** The fastest packet since it began, which it does with the first that it takes. */
class Fastest {
  transit = Number.POSITIVE_INFINITY;
  at = 0;
  private began = Number.NaN;

  begin(): void {
    this.transit = Number.POSITIVE_INFINITY;
    this.began = Number.NaN;
  }

  /** How long ago it began, in milliseconds; NaN where it has not. */
  lasts(nowMs: number): number {
    return nowMs - this.began;
  }

  take(nowMs: number, transitMs: number): void {
    if (Number.isNaN(this.began)) this.began = nowMs;
    if (transitMs >= this.transit) return;
    this.transit = transitMs;
    this.at = nowMs;
  }
}
