/**
 * Whether a counter of packets has moved lately: a source is a sender until two intervals between
 * reports have passed without a packet (RFC 3550 §6.3.5, §6.4).
 */
export class Activity {
  private atLast = 0;
  private atLastButOne = 0;

  /** Moved since the last report but one. */
  isActive(packets: number): boolean {
    return packets !== this.atLastButOne;
  }

  /** Moved since the last report. */
  isNew(packets: number): boolean {
    return packets !== this.atLast;
  }

  /** A report was sent. */
  reported(packets: number): void {
    this.atLastButOne = this.atLast;
    this.atLast = packets;
  }

  /** The counter begins at 0 again. */
  forget(): void {
    this.atLast = 0;
    this.atLastButOne = 0;
  }
}
