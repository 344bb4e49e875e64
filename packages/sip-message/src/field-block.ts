import { Buffer } from 'node:buffer';
import { Headers } from './headers.ts';
import type { Limits } from './limits.ts';
import { locateHead } from './locate-head.ts';
import { Fault } from './refusal.ts';

/** Stands where a message has its start line. */
const START = Buffer.from('-\r\n');
const CRLF = Buffer.from('\r\n');

/**
 * Header fields without a start line, as a MIME part and a sipfrag have them (RFC 2045 §3,
 * RFC 3420 §2.1): lossless and lazy as those of a message. The last needs no CRLF. A fault has its
 * position in these bytes.
 */
export function readFieldBlock(bytes: Uint8Array, limits: Limits): Headers | Fault {
  const isEnded = bytes.length === 0 || bytes.at(-1) === 0x0a;
  const end = isEnded ? [CRLF] : [CRLF, CRLF];
  const head = locateHead(Buffer.concat([START, bytes, ...end]), limits);
  if (!(head instanceof Fault)) return Headers.of(head);
  return head.moved(Math.max(0, head.at - START.length));
}

/** The fault of a value in a block, at its position in the block. */
export function faultInBlock(fault: Fault): Fault {
  return fault.moved(Math.max(0, fault.at - START.length));
}
