/** A recording under way: samples in, bytes out at its sink. */
export interface AudioWriter {
  /** A path, a URL, or nothing where it has no name. */
  readonly where: string;
  /** Of the samples that it takes. */
  readonly sampleRate: number;
  readonly lostMs: number;
  /** Takes samples, interleaved where there are two channels, and never waits. */
  write(samples: Int16Array): void;
  /**
   * Writes what is left.
   *
   * @throws StrowgerError `RECORDING_FAILED` (rejects).
   */
  close(): Promise<Written>;
}

/** What was written. */
export interface Written {
  readonly durationMs: number;
  /** SHA-256 of all bytes, in hexadecimal digits. */
  readonly sha256: string;
}
