import { serializeMessage, type SipMessage } from '@strowger/sip-message';

/**
 * The message for another thread, in memory of its own: messages share theirs, and all of that would
 * cross with one that lies in it.
 */
export function bytesToCross(message: SipMessage): Uint8Array {
  return new Uint8Array(serializeMessage(message));
}
