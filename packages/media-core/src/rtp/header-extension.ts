import { StrowgerError } from '@strowger/runtime';
import { read16, RTP_HEADER_LENGTH, write16 } from './rtp.ts';

/** One element of a header extension, under its number of `a=extmap` (RFC 8285 §5). */
export interface HeaderExtensionElement {
  /** 1–14 in one-byte headers, to 255 in two-byte ones. */
  readonly id: number;
  /** 1–16 bytes in one-byte headers, 0–255 in two-byte ones. */
  readonly data: Uint8Array;
}

const ONE_BYTE = 0xbede;
const TWO_BYTE = 0x1000;
const EXTENSION_BIT = 0x10;

/**
 * The elements of a packet's header extension (RFC 8285 §4.2, §4.3), as views into it: none where
 * there is no extension, or one of another profile. What is cut off ends the list. The packet has
 * to be one that `readRtp` took.
 */
export function readHeaderExtensions(packet: Uint8Array): HeaderExtensionElement[] {
  const first = packet[0] ?? 0;
  if ((first & EXTENSION_BIT) === 0) return [];
  const start = RTP_HEADER_LENGTH + 4 * (first & 0x0f);
  if (start + 4 > packet.length) return [];
  const profile = read16(packet, start);
  const body = packet.subarray(start + 4, start + 4 + 4 * read16(packet, start + 2));
  if (profile === ONE_BYTE) return readElements(body, oneByteHead);
  // the last four bits are the application's (§4.3)
  if ((profile & 0xfff0) === TWO_BYTE) return readElements(body, twoByteHead);
  return [];
}

interface ElementHead {
  readonly id: number;
  readonly length: number;
  readonly size: number;
}

function readElements(
  body: Uint8Array,
  readHead: (body: Uint8Array, at: number) => ElementHead | undefined,
): HeaderExtensionElement[] {
  const elements: HeaderExtensionElement[] = [];
  for (let at = 0; at < body.length; ) {
    if (body[at] === 0) {
      at++; // padding
      continue;
    }
    const head = readHead(body, at);
    if (head === undefined) break;
    const end = at + head.size + head.length;
    if (end > body.length) break;
    if (head.id > 0) elements.push({ id: head.id, data: body.subarray(at + head.size, end) });
    at = end;
  }
  return elements;
}

/** The number 15 ends everything; 0 with a length is skipped with its data (§4.2). */
function oneByteHead(body: Uint8Array, at: number): ElementHead | undefined {
  const byte = body[at] ?? 0;
  if (byte >> 4 === 15) return undefined;
  return { id: byte >> 4, length: (byte & 0x0f) + 1, size: 1 };
}

function twoByteHead(body: Uint8Array, at: number): ElementHead | undefined {
  const length = body[at + 1];
  return length === undefined ? undefined : { id: body[at] ?? 0, length, size: 2 };
}

/**
 * The header extension that holds these elements, its own head and padding included: with one-byte
 * heads where all fit into them, else with two-byte ones, which the other side has to allow
 * (`a=extmap-allow-mixed`, RFC 8285 §6). It stands behind the contributing sources.
 *
 * @throws StrowgerError `BAD_HEADER_EXTENSION` for a number or length that none of the two can have.
 */
export function writeHeaderExtensions(elements: readonly HeaderExtensionElement[]): Uint8Array {
  for (const { id, data } of elements) {
    if (Number.isInteger(id) && id >= 1 && id <= 255 && data.length <= 255) continue;
    throw new StrowgerError('BAD_HEADER_EXTENSION', `No element ${id} of ${data.length} bytes`);
  }
  const isShort = elements.every(
    ({ id, data }) => id <= 14 && data.length >= 1 && data.length <= 16,
  );
  const size = isShort ? 1 : 2;
  const length = elements.reduce((sum, { data }) => sum + size + data.length, 0);
  const words = Math.ceil(length / 4);
  const bytes = new Uint8Array(4 + 4 * words);
  write16(bytes, 0, isShort ? ONE_BYTE : TWO_BYTE);
  write16(bytes, 2, words);
  let at = 4;
  for (const { id, data } of elements) {
    if (isShort) bytes[at] = (id << 4) | (data.length - 1);
    else bytes.set([id, data.length], at);
    bytes.set(data, at + size);
    at += size + data.length;
  }
  return bytes;
}
