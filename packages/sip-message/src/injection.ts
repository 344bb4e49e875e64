import { SipMessageError } from './refusal.ts';

/** Throws `HEADER_INJECTION` for CR, LF and NUL, which would let a value become a line of its own. */
export function refuseInjection(value: string): void {
  if (value.includes('\r') || value.includes('\n') || value.includes('\0')) {
    throw new SipMessageError('HEADER_INJECTION', 'a value must not hold CR, LF or NUL');
  }
}
