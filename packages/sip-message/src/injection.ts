import { SipMessageError } from './refusal.ts';

/** Throws `HEADER_INJECTION` for CR, LF and NUL, which would let a value become a line of its own. */
export function refuseInjection(value: string): void {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 13 || code === 10 || code === 0) {
      throw new SipMessageError('HEADER_INJECTION', 'a value must not hold CR, LF or NUL');
    }
  }
}
