import { Buffer, isUtf8 } from 'node:buffer';

/**
 * Text of the wire as JavaScript strings, without loss: UTF-8 where it is UTF-8, and each octet that
 * is not becomes one lone surrogate U+DC80–U+DCFF, which turns back into that octet.
 */

/** Decodes octets; `encodeText` gives back the same octets whatever they were. */
export function decodeOctets(octets: Uint8Array): string {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  // UTF-16 in octets: a text that is put together character by character costs thirty times as much
  const units = Buffer.allocUnsafe(buffer.length * 2);
  let size = 0;
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceSize(buffer, at);
    const point = length === 0 ? 0xdc00 + (buffer[at] ?? 0) : codePoint(buffer, at, length);
    if (point > 0xffff) {
      size = units.writeUInt16LE(0xd800 + ((point - 0x10000) >> 10), size);
      size = units.writeUInt16LE(0xdc00 + ((point - 0x10000) & 0x3ff), size);
    } else {
      size = units.writeUInt16LE(point, size);
    }
    at += length === 0 ? 1 : length;
  }
  return units.toString('utf16le', 0, size);
}

/** Decodes a string in which each character stands for one octet. */
export function decodeLatin1(text: string): string {
  return decodeOctets(Buffer.from(text, 'latin1'));
}

/** Encodes text as UTF-8, lone surrogates of `decodeOctets` as the octets that they stand for. */
export function encodeText(text: string): Buffer {
  const encoded = Buffer.from(text, 'utf8');
  if (encoded.length === text.length || !hasLoneSurrogate(text)) return encoded;
  const octets = Buffer.allocUnsafe(encoded.length);
  let size = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isHigh(code) && isLow(text.charCodeAt(i + 1))) {
      i++;
    } else if (code >= 0xdc80 && code <= 0xdcff) {
      if (i > from) size += octets.write(text.slice(from, i), size, 'utf8');
      octets[size++] = code & 0xff;
      from = i + 1;
    }
  }
  size += octets.write(text.slice(from), size, 'utf8');
  return octets.subarray(0, size);
}

function hasLoneSurrogate(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xd800 || code > 0xdfff) continue;
    if (isHigh(code) && isLow(text.charCodeAt(i + 1))) i++;
    else return true;
  }
  return false;
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Octets of the valid UTF-8 sequence at `at` (RFC 3629 §4), or 0. */
export function sequenceSize(octets: Uint8Array, at: number): number {
  const lead = octets[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const second = octets[at + 1] ?? 0;
  if (second < leastSecond(lead) || second > mostSecond(lead)) return 0;
  for (let i = at + 2; i < at + size; i++) if (((octets[i] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
}

/** The character of a valid sequence. */
function codePoint(octets: Uint8Array, at: number, length: number): number {
  const lead = octets[at] ?? 0;
  if (length === 1) return lead;
  let point = lead & (0x7f >> length);
  for (let i = at + 1; i < at + length; i++) point = (point << 6) | ((octets[i] ?? 0) & 0x3f);
  return point;
}

/** Below it a sequence would be longer than its character needs. */
function leastSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0;
  return lead === 0xf0 ? 0x90 : 0x80;
}

/** Above it are surrogates, and what lies beyond U+10FFFF. */
function mostSecond(lead: number): number {
  if (lead === 0xed) return 0x9f;
  return lead === 0xf4 ? 0x8f : 0xbf;
}
