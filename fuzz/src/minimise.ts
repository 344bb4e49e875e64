import { Buffer } from 'node:buffer';

/**
 * The smallest input that can be had from this one by leaving stretches out, halves first, single
 * bytes last, for which `holds` stays true. Asks at most `tries` times.
 */
export function minimise(
  bytes: Uint8Array,
  holds: (candidate: Uint8Array) => boolean,
  tries = 4000,
): Uint8Array {
  let best = bytes;
  let left = tries;
  for (let size = Math.max(1, best.length >> 1); size >= 1; ) {
    const before = best.length;
    for (let at = 0; at < best.length && left > 0; ) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      left--;
      if (holds(shorter)) best = shorter;
      else at += size;
    }
    // bytes that could go once may let others go too
    if (left <= 0 || (size === 1 && best.length === before)) return best;
    size = Math.max(1, size >> 1);
  }
  return best;
}
