import { TOKEN } from './characters.ts';
import type { Reader } from './reader.ts';
import type { Fault } from './refusal.ts';

/** CSeq (RFC 3261 §20.16). */
export interface CSeq {
  /** 0 to 2^31 - 1 (RFC 3261 §8.1.1.5). */
  readonly number: number;
  readonly method: string;
}

/**
 * Reads `1*DIGIT LWS Method`.
 * @internal
 */
export function readCSeq(reader: Reader): CSeq | Fault {
  const from = reader.pos;
  const number = reader.decimal(0x7fff_ffff);
  if (number < 0) {
    return reader.fault('BAD_CSEQ', 'the number in CSeq is not within 0 to 2147483647', from);
  }
  const gap = reader.pos;
  reader.skipSpace();
  const at = reader.pos;
  const method = reader.take(TOKEN);
  if (at > gap && method !== '') return { number, method };
  return reader.fault('BAD_CSEQ', 'CSeq has no method behind its number');
}
