import { SipMessageError } from './refusal.ts';

/** Throws `HEADER_INJECTION` for CR, LF and NUL, which would let a value become a line of its own. */
export function refuseInjection(value: string): void {
  if (value.includes('\r') || value.includes('\n') || value.includes('\0')) {
    throw new SipMessageError('HEADER_INJECTION', 'a value must not hold CR, LF or NUL');
  }
}

/**
 * Whether the text is printable US-ASCII alone, as nearly all values are: it can neither become a line
 * of its own nor need more octets than characters. One loop instead of three searches and a count.
 */
export function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
