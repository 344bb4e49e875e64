import { sequenceDistance } from '../rtp/rtp.ts';

/** Packets for which a late one is still waited: 1.3 s at 20 ms. */
const WINDOW = 64;
/** A jump by more is no loss: the source has started anew (RFC 3550 §A.1). */
const LONGEST_GAP = 3000;
const MISSING = 0;
const RECEIVED = 1;
const DISCARDED = 2;

/** Who is told the fate of each packet, in order, once it is settled. */
export interface PacketJudge {
  received(): void;
  lost(): void;
}

/**
 * Which of the last packets of a source came, which did not, and which came and were thrown away.
 * Duplicates count once; one that comes late within the window was not lost. No allocation.
 */
export class ArrivalWindow {
  /** Packets that should have come, that came, and that came in vain. */
  expected = 0;
  arrived = 0;
  discarded = 0;
  private readonly judge: PacketJudge;
  private readonly fates = new Uint8Array(WINDOW);
  private highest = -1;
  /** How many of the fates are of packets. */
  private filled = 0;

  constructor(judge: PacketJudge) {
    this.judge = judge;
  }

  /** A packet came. */
  arrive(sequence: number): void {
    const step = this.highest < 0 ? 0 : sequenceDistance(sequence, this.highest);
    if (this.highest < 0 || step >= LONGEST_GAP || step <= -LONGEST_GAP) this.begin(sequence);
    else if (step > 0) this.advance(step);
    else if (-step >= this.filled) return;
    this.mark(sequence);
  }

  /** A packet that came was thrown away: too late, or too many. A duplicate changes nothing. */
  discard(sequence: number): void {
    const back = -sequenceDistance(sequence, this.highest);
    if (back < 0 || back >= this.filled || this.fates[sequence % WINDOW] !== RECEIVED) return;
    this.fates[sequence % WINDOW] = DISCARDED;
    this.discarded++;
  }

  /** Nothing more comes of this source: all is settled. */
  end(): void {
    for (let back = this.filled - 1; back >= 0; back--) this.settle(this.highest - back);
    this.filled = 0;
    this.highest = -1;
  }

  private begin(sequence: number): void {
    this.end();
    this.highest = sequence;
    this.filled = 1;
    this.fates[sequence % WINDOW] = MISSING;
    this.expected++;
  }

  private advance(step: number): void {
    this.expected += step;
    for (let left = step; left > 0; left--) {
      if (this.filled === WINDOW) this.settle(this.highest + 1);
      else this.filled++;
      this.highest = (this.highest + 1) & 0xffff;
      this.fates[this.highest % WINDOW] = MISSING;
    }
  }

  private mark(sequence: number): void {
    if (this.fates[sequence % WINDOW] !== MISSING) return;
    this.fates[sequence % WINDOW] = RECEIVED;
    this.arrived++;
  }

  /** `sequence` may be below 0 or above the wrap: the window divides both. */
  private settle(sequence: number): void {
    const fate = this.fates[(sequence + WINDOW) % WINDOW];
    if (fate === RECEIVED) this.judge.received();
    else this.judge.lost();
  }
}
