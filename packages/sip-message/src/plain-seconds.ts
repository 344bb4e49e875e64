import { plainParams } from './plain-octets.ts';
import { plainNumber } from './plain-values.ts';

/** `delta-seconds *( SEMI generic-param )` (RFC 4028 §4, §5). */
export function plainSeconds(octets: Uint8Array, from: number): number {
  const end = plainNumber(octets, from, 0xffff_ffff);
  return end < 0 ? end : plainParams(octets, end);
}
