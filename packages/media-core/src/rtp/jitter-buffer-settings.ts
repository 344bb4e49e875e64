/** Settings of the buffer. */
export interface JitterBufferOptions {
  /** RTP's clock in Hz. */
  clockRate: number;
  /** Of the decoded samples; default: `clockRate`. */
  sampleRate?: number;
  /** Delay at the start, and the least ever, in milliseconds. */
  minimumMs: number;
  /**
   * The delay in milliseconds never grows beyond this; at most 1000. Where it is the minimum, too,
   * the delay is fixed.
   */
  maximumMs: number;
  /** A monotonic clock in milliseconds; default: the time that was read. */
  now?(): number;
}

/** What the buffer did so far. */
export interface JitterBufferStats {
  /** The delay that it aims at, in milliseconds. */
  readonly targetMs: number;
  /** The delay of the fastest packets, as it is. */
  readonly delayMs: number;
  /** By how many millionths the sender's clock is slower than ours; 0 until it was measured. */
  readonly clockSkewPpm: number;
  /** Came after its time. */
  readonly late: number;
  readonly duplicates: number;
  /** Thrown away because too many waited. */
  readonly overflowed: number;
  /**
   * Reads that found nothing to play; not those of the first delay, of silence that was told, and of
   * a pause, once that is longer than `maximumMs`.
   */
  readonly underruns: number;
  /** What was missing and had to be stood in for, in milliseconds. */
  readonly concealedMs: number;
  /** Lost packets that a later one had a copy of. */
  readonly recovered: number;
}
