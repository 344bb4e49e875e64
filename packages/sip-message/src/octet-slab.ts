import { Buffer } from 'node:buffer';

/** A message is a thirtieth of it. */
const SLAB_OCTETS = 65_536;
/** What is longer has memory of its own. */
const MOST_OCTETS = SLAB_OCTETS / 8;

/**
 * Octets that nobody else has, whatever they hold, cut from pieces that many messages share: making
 * memory costs microseconds, however small it is, and the pool of `Buffer` holds only four messages. A
 * piece lives as long as one of its messages: those that are kept as long should share a slab.
 */
export class OctetSlab {
  private piece = Buffer.alloc(0);
  private used = 0;

  /** So many octets; more than 8 kB of them have a piece of their own. */
  take(length: number): Buffer {
    if (length > MOST_OCTETS) return Buffer.allocUnsafeSlow(length);
    if (this.used + length > this.piece.length) {
      this.piece = Buffer.allocUnsafeSlow(SLAB_OCTETS);
      this.used = 0;
    }
    const at = this.used;
    this.used += length;
    return this.piece.subarray(at, this.used);
  }
}
