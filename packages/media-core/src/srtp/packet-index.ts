import { sequenceDistance } from '../rtp/rtp.ts';

/** How many packets behind the newest one are told from replays: a power of two (§3.3.2). */
const WINDOW = 128;
/** The highest bit of the word in which an index of RTCP stands. */
const ENCIPHERED = 0x8000_0000;
/** Rollover counter and sequence number together have 48 bits (§3.3.1). */
export const INDICES = 2 ** 48;

/**
 * The index of a packet with this sequence number, nearest to the highest index so far, or in the
 * first cycle where there is none: -1 (RFC 3711 §3.3.1 and appendix A).
 */
export function estimateIndex(highest: number, sequence: number): number {
  if (highest < 0) return sequence;
  const index = highest + sequenceDistance(sequence, highest & 0xffff);
  return index < 0 ? sequence : index;
}

/** The rollover counter of an index. */
export function rolloverOf(index: number): number {
  return Math.floor(index / 0x1_0000);
}

/** How an index stands in a packet of RTCP that is enciphered (RFC 3711 §3.4). */
export function controlWord(index: number): number {
  return (ENCIPHERED | index) >>> 0;
}

/** Which of the newest indices have been seen (RFC 3711 §3.3.2). */
export class ReplayWindow {
  /** -1 before the first. */
  highest = -1;
  private readonly seen = new Uint32Array(WINDOW / 32);

  /** Whether it is neither seen nor older than the window. */
  isNew(index: number): boolean {
    if (index > this.highest) return true;
    if (this.highest - index >= WINDOW) return false;
    return ((this.seen[wordOf(index)] ?? 0) & (1 << (index & 31))) === 0;
  }

  /** Takes note of an index that is new. */
  add(index: number): void {
    if (index > this.highest) this.advance(index);
    const word = wordOf(index);
    this.seen[word] = (this.seen[word] ?? 0) | (1 << (index & 31));
  }

  private advance(index: number): void {
    if (index - this.highest >= WINDOW) this.seen.fill(0);
    else {
      for (let at = this.highest + 1; at < index; at++) this.forget(at);
      this.forget(index);
    }
    this.highest = index;
  }

  private forget(index: number): void {
    const word = wordOf(index);
    this.seen[word] = (this.seen[word] ?? 0) & ~(1 << (index & 31));
  }
}

function wordOf(index: number): number {
  return (index & (WINDOW - 1)) >>> 5;
}
