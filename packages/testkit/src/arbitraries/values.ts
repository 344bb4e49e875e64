import type * as fc from 'fast-check';
import { nameAddrs, vias } from './header-values.ts';
import { spaced } from './wire-text.ts';

/** Addresses with display names and parameters as From, To and Contact have them, as text. */
export function nameAddresses(): fc.Arbitrary<string> {
  return spaced(nameAddrs()).map(unfolded);
}

/** Values of Via, as text. */
export function viaValues(): fc.Arbitrary<string> {
  return spaced(vias()).map(unfolded);
}

/** As the value is once its header field was unfolded (RFC 3261 §7.3.1). */
function unfolded(text: string): string {
  return text.replaceAll(/[ \t]*\r\n[ \t]+/g, ' ');
}
