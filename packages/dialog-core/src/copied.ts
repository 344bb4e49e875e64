import { Buffer } from 'node:buffer';

/**
 * A copy that shares no memory with the original, in one piece. Fields of a parsed message are slices
 * that keep the whole packet alive; what outlives the transaction is copied first.
 */
export function copied(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length === text.length) return bytes.toString('latin1');
  // lone surrogates stand for octets that are no UTF-8, and have to stay what they are
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
