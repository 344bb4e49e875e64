/** Where the bytes of a recording go, one after the other. */
export interface ByteSink {
  /** A path, a URL, or nothing where it has no name. */
  readonly where: string;
  /** It is so far behind that nothing more is taken, or it has failed. */
  readonly isFull: boolean;
  /** Takes bytes and never waits; they are the sink's from then on. */
  write(bytes: Uint8Array): void;
  /**
   * Resolves when all of it is where it belongs.
   *
   * @throws StrowgerError `RECORDING_FAILED` (rejects).
   */
  close(): Promise<void>;
}

/** What may wait for a slow disk, server or program: a minute of 16-bit mono at 8000 Hz. */
export const SINK_WAITING_BYTES = 983_040;
