import { Buffer } from 'node:buffer';

/** A message is a thirtieth of it. */
const SLAB_OCTETS = 65_536;
/** What is longer has memory of its own. */
const MOST_OCTETS = SLAB_OCTETS / 8;

let piece = Buffer.alloc(0);
let used = 0;

/**
 * Octets that nobody else has, whatever they hold, cut from pieces that many messages share: making
 * memory costs microseconds, however small it is, and the pool of `Buffer` holds only four messages. A
 * piece lives as long as one of its messages.
 */
export function takeOctets(length: number): Buffer {
  if (length > MOST_OCTETS) return Buffer.allocUnsafeSlow(length);
  if (used + length > piece.length) {
    piece = Buffer.allocUnsafeSlow(SLAB_OCTETS);
    used = 0;
  }
  const at = used;
  used += length;
  return piece.subarray(at, used);
}
