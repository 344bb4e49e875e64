import { Buffer } from 'node:buffer';

/**
 * A copy that shares no memory with the original, in one piece. Fields of a parsed message are slices that keep
 * the whole packet alive; what outlives the transaction is copied first.
 */
export function copied(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length === text.length ? bytes.toString('latin1') : bytes.toString();
}
