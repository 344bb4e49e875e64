import type { SipMessage } from '@strowger/sip-message';

/**
 * From or To of a message as it stands, where its URI is within brackets; else, as our own messages
 * have it, with brackets. Not copied.
 */
export function addressOf(message: SipMessage, name: 'from' | 'to'): string {
  const text = message.headers.raw(name)[0];
  return text?.includes('<') === true ? text : message[name].toString();
}

/** To of a message that has no tag, with one; an empty tag is none. */
export function taggedTo(message: SipMessage, tag: string): string {
  if (tag === '') return addressOf(message, 'to');
  const text = addressOf(message, 'to');
  // no parameter follows where the address ends with its URI
  return text.endsWith('>') ? `${text};tag=${tag}` : message.to.withTag(tag).toString();
}
