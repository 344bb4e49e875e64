import { isLineFault, isTyped } from './header-types.ts';
import type { SipMessage } from './message.ts';
import { Fault, type Refusal } from './refusal.ts';

/**
 * The strictest check: every typed header that is present is well-formed, what RFC 3261 §8.1.1
 * demands is there, and CSeq names the method of the request. Undefined where all is well.
 */
export function validateMessage(message: SipMessage): Refusal | undefined {
  const { headers } = message;
  for (const id of headers.ids()) {
    const value = isTyped(id) ? headers.read(id) : undefined;
    if (isLineFault(value)) return { ...value.fault.moved(headers.locate(id, value)) };
  }
  for (const name of ['via', 'from', 'to', 'call-id', 'cseq']) {
    if (!headers.has(name)) return { ...missing(name) };
  }
  if (message.kind === 'response') return undefined;
  if (message.cseq.method !== message.method) {
    const at = 0;
    const words = 'CSeq does not name the method of the request';
    return { ...new Fault('METHOD_MISMATCH', at, 'RFC 3261 §8.1.1.5', words) };
  }
  return undefined;
}

function missing(name: string): Fault {
  return new Fault('MISSING_HEADER', 0, 'RFC 3261 §8.1.1', `the message has no ${name}`);
}
