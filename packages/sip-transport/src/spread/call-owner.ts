import type { Random } from '@strowger/runtime';
import type { SipMessage } from '@strowger/sip-message';

/**
 * Which of `owners` the call of a Call-ID belongs to: the same in every thread, for every message of
 * the call (FNV-1a over its UTF-16 units).
 *
 * @returns an index from 0 to `owners` − 1.
 */
export function ownerOf(callId: string, owners: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < callId.length; at++) {
    hash = Math.imul(hash ^ callId.charCodeAt(at), 0x01000193);
  }
  // the low bits of FNV alone are weak
  return ((hash ^ (hash >>> 15)) >>> 0) % owners;
}

/**
 * The Call-ID by which a message is given to an owner: that of the dialog that Replaces (RFC 3891)
 * or Join (RFC 3911) names, since that is where it has to be carried out, else its own.
 */
export function owningCallId(message: SipMessage): string {
  if (message.kind === 'request' && message.method === 'INVITE') {
    const [named] = [...message.headers.raw('replaces'), ...message.headers.raw('join')];
    const callId = named?.split(';', 1)[0]?.trim();
    if (callId !== undefined && callId !== '') return callId;
  }
  return message.callId;
}

/** A new Call-ID (RFC 3261 §8.1.1.4) whose calls belong to `owner`: found after `owners` tries or so. */
export function newCallId(random: Random, owner: number, owners: number): string {
  for (;;) {
    const callId = random.token(128);
    if (ownerOf(callId, owners) === owner) return callId;
  }
}
