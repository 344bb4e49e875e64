import { Buffer, isUtf8 } from 'node:buffer';

/**
 * Text of the wire as JavaScript strings, without loss: UTF-8 where it is UTF-8, and each octet that
 * is not becomes one lone surrogate U+DC80–U+DCFF, which turns back into that octet.
 */

/** Decodes octets; `encodeText` gives back the same octets whatever they were. */
export function decodeOctets(octets: Uint8Array): string {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  let from = 0;
  for (let i = 0; i < buffer.length; ) {
    const size = sequenceSize(buffer, i);
    if (size === 0) {
      if (i > from) text += buffer.toString('utf8', from, i);
      text += String.fromCharCode(0xdc00 + (buffer[i] ?? 0));
      from = i + 1;
    }
    i += size === 0 ? 1 : size;
  }
  return from < buffer.length ? text + buffer.toString('utf8', from) : text;
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
function sequenceSize(octets: Uint8Array, at: number): number {
  const lead = octets[at] ?? 0;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const second = octets[at + 1] ?? 0;
  if (second < leastSecond(lead) || second > mostSecond(lead)) return 0;
  for (let i = at + 2; i < at + size; i++) if (((octets[i] ?? 0) & 0xc0) !== 0x80) return 0;
  return size;
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
