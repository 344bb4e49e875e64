import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';

/** The largest input that is tried: what one datagram can hold. */
export const MAX_BYTES = 65_535;

/** What the protocols of this project are sensitive to. */
const WORDS = [
  ...'\r\n\0\t ;,<>"\\%:@=()[]{}?&*/_',
  '\r\n ',
  '\r\n\t',
  '\r\n\r\n',
  '\n\n',
  '\r',
  '\x0b',
  '\x7f',
  '\xa0',
  '\xff',
  '\xc3\xa9',
  '\\"',
  '\\\\',
  '""',
  '<>',
  '%00',
  '%0d%0a',
  '%',
  '%zz',
  '=',
  ';=',
  ';;',
  ',',
  '::',
  'sip:',
  'sips:',
  'tel:+1',
  'SIP/2.0',
  'SIP / 2.0 / UDP ',
  'INVITE ',
  'z9hG4bK',
  '[::1]',
  '-1',
  '+5',
  '0x10',
  '1e3',
  '256',
  '65536',
  '4294967295',
  '4294967328',
  '1'.repeat(31),
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '[2001:db8::1]:5060',
  '*',
  ';tag=',
  ';branch=',
  ';lr',
  ';q=0.5',
  ';expires=',
  ';received=',
  ';rport',
  ';maddr=',

  'Via: ',
  'v: ',
  'From: ',
  'To: ',
  'Call-ID: ',
  'CSeq: ',
  'Contact: ',
  'Content-Length: 5\r\n',
  'l: 0\r\n',
  'Route: ',
  'Warning: ',
  'Retry-After: ',
  'Authorization: Digest ',
  'Date: ',
  'Subject:',
  'Content-Type: multipart/mixed;boundary=x\r\n',
  '--x\r\n',
  '--x--\r\n',
  'v=0\r\n',
  'o=- 1 1 IN IP4 192.0.2.1\r\n',
  's=-\r\n',
  'c=IN IP4 192.0.2.1\r\n',
  't=0 0\r\n',
  'm=audio 49170 RTP/AVP 0 8\r\n',
  'a=rtpmap:97 iLBC/8000\r\n',
  'a=fmtp:97 mode=20\r\n',
  'a=sendonly\r\n',
  'a=rtcp:49171\r\n',
  'a=ptime:20\r\n',
  'a=rtcp-mux\r\n',
  'IN IP6 ::1',
].map((text) => Buffer.from(text, 'latin1'));

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  flip,
  insert,
  insert,
  insert,
  erase,
  copy,
  line,
  splice,
  retype,
];

/** The bytes with one to eight changes; `other` lends parts of itself. Never over `MAX_BYTES`. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Buffer {
  let result: Buffer = Buffer.from(bytes);
  const lender = Buffer.from(other);
  const changes = 1 + random.below(random.pick([1, 2, 4, 8]));
  for (let count = 0; count < changes; count++) {
    result = random.pick(MUTATIONS)(result, random, lender);
  }
  if (random.oneIn(60)) result = repeat(result, random);
  return result.subarray(0, MAX_BYTES);
}

function flip(bytes: Buffer, random: Random): Buffer {
  if (bytes.length > 0) {
    const at = random.below(bytes.length);
    bytes[at] = random.oneIn(2) ? (bytes[at] ?? 0) ^ (1 << random.below(8)) : random.below(256);
  }
  return bytes;
}

function insert(bytes: Buffer, random: Random): Buffer {
  return put(bytes, random.below(bytes.length + 1), 0, random.pick(WORDS));
}

function erase(bytes: Buffer, random: Random): Buffer {
  return put(bytes, random.below(bytes.length + 1), 1 + random.below(16), Buffer.alloc(0));
}

/** Copies a stretch to another place. */
function copy(bytes: Buffer, random: Random): Buffer {
  const piece = stretch(bytes, random);
  return put(bytes, random.below(bytes.length + 1), random.below(piece.length + 1), piece);
}

/** Doubles, removes or moves a whole line. */
function line(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString('latin1').split('\r\n');
  const [taken = ''] = lines.splice(random.below(lines.length), 1);
  for (let count = random.below(3); count > 0; count--) {
    lines.splice(random.below(lines.length + 1), 0, taken);
  }
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

function splice(bytes: Buffer, random: Random, other: Buffer): Buffer {
  const piece = stretch(other, random);
  return put(bytes, random.below(bytes.length + 1), random.below(piece.length + 1), piece);
}

/** A number in the text becomes another. */
function retype(bytes: Buffer, random: Random): Buffer {
  const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
  if (numbers.length === 0) return bytes;
  const { index, 0: digits } = random.pick(numbers);
  return put(bytes, index, digits.length, Buffer.from(String(random.below(2 ** random.below(34)))));
}

/** A short stretch many times over, up to the largest size. */
function repeat(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const piece = random.oneIn(2) ? random.pick(WORDS) : bytes.subarray(at, at + 1 + random.below(8));
  if (piece.length === 0) return bytes;
  const times = random.below(Math.floor(MAX_BYTES / piece.length));
  return put(bytes, at, 0, Buffer.alloc(times * piece.length, piece));
}

function stretch(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length);
  return bytes.subarray(from, from + 1 + random.below(64));
}

function put(bytes: Buffer, at: number, cut: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + cut)]);
}
