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
  for (let i = 0; i < buffer.length; ) {
    const size = sequenceSize(buffer, i);
    text += size > 0 ? buffer.toString('utf8', i, i + size) : escapeOctet(buffer[i] ?? 0);
    i += size > 0 ? size : 1;
  }
  return text;
}

/** Decodes a string in which each character stands for one octet. */
export function decodeLatin1(text: string): string {
  return decodeOctets(Buffer.from(text, 'latin1'));
}

/** Encodes text as UTF-8, lone surrogates of `decodeOctets` as the octets that they stand for. */
export function encodeText(text: string): Buffer {
  const encoded = Buffer.from(text, 'utf8');
  if (encoded.length === text.length || !hasLoneSurrogate(text)) return encoded;
  const parts: Buffer[] = [];
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isHigh(code) && isLow(text.charCodeAt(i + 1))) {
      i++;
    } else if (code >= 0xdc80 && code <= 0xdcff) {
      parts.push(Buffer.from(text.slice(from, i), 'utf8'), Buffer.from([code & 0xff]));
      from = i + 1;
    }
  }
  parts.push(Buffer.from(text.slice(from), 'utf8'));
  return Buffer.concat(parts);
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

/** Octets of the valid UTF-8 sequence at `at`, or 0. */
export function sequenceSize(buffer: Uint8Array, at: number): number {
  const lead = buffer[at] ?? 0;
  if (lead < 0x80) return 1;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return at + size <= buffer.length && isUtf8(buffer.subarray(at, at + size)) ? size : 0;
}

function escapeOctet(octet: number): string {
  return String.fromCharCode(0xdc00 + octet);
}
