import { concat, uint } from './tls-bytes.ts';

// What a certificate needs of DER (ITU-T X.690), as functions that give one element each.

/** A sequence of elements. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...parts);
}

/** A set of elements, in the order in which they shall stand. */
export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return element(0x31, ...parts);
}

/** A number from 0 on, as its bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const shortest = bytes.subarray(start);
  // the highest bit is the sign
  return (shortest[0] ?? 0) >= 0x80 ? element(2, uint(1, 0), shortest) : element(2, shortest);
}

/** An object identifier, dotted: `1.2.840.10045.2.1`. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const septets = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) septets.unshift((left & 0x7f) | 0x80);
    bytes.push(...septets);
  }
  return element(6, Uint8Array.from(bytes));
}

/** Text that is ASCII. */
export function utf8String(text: string): Uint8Array {
  return element(12, new TextEncoder().encode(text));
}

/** A time in whole seconds, 1950–2049 in the short form that RFC 5280 §4.1.2.5 asks for. */
export function time(wallMs: number): Uint8Array {
  const digits = new Date(wallMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  const isShort = wallMs < Date.UTC(2050, 0);
  const text = new TextEncoder().encode(isShort ? digits.slice(2) : digits);
  return element(isShort ? 0x17 : 0x18, text);
}

/** Whole bytes as a string of bits. */
export function bitString(bytes: Uint8Array): Uint8Array {
  return element(3, uint(1, 0), bytes);
}

/** A part with an explicit tag of its context. */
export function explicit(tag: number, part: Uint8Array): Uint8Array {
  return element(0xa0 | tag, part);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(...parts);
  const { length } = content;
  if (length < 0x80) return concat(uint(1, tag), uint(1, length), content);
  const size = length < 0x100 ? 1 : 2;
  return concat(uint(1, tag), uint(1, 0x80 | size), uint(size, length), content);
}
