import { Buffer } from 'node:buffer';

/** Written and read at once: it holds nothing between two calls. */
const SCRATCH = Buffer.alloc(4096);
/** An octet of UTF-8 for each of so many characters fits for sure. */
const LONGEST = SCRATCH.length / 3;

/**
 * A copy that shares no memory with the original, in one piece. Fields of a parsed message are slices
 * that keep the whole packet alive; what outlives the transaction is copied first.
 */
export function copied(text: string): string {
  if (text.length <= LONGEST) {
    // what takes as many octets as it has characters is US-ASCII
    const size = SCRATCH.write(text, 0, 'utf8');
    if (size === text.length) return SCRATCH.toString('latin1', 0, size);
  }
  // lone surrogates stand for octets that are no UTF-8, and have to stay what they are
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
