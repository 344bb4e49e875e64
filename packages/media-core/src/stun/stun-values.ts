import { Buffer } from 'node:buffer';
import { isIP, SocketAddress } from 'node:net';
import type { Endpoint } from '@strowger/runtime';
import { MAGIC_COOKIE } from './stun-message.ts';

// Values of attributes (RFC 8489 §14, RFC 8445 §16.1, RFC 8656 §18).

/** An address, hidden from gateways that would rewrite it (RFC 8489 §14.2). */
export function xorAddress({ address, port }: Endpoint, transaction: Uint8Array): Uint8Array {
  const plain = addressBytes(address);
  const mask = maskOf(transaction);
  const value = Buffer.alloc(4 + plain.length);
  value.writeUInt8(plain.length === 4 ? 1 : 2, 1);
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  value.set(
    plain.map((byte, at) => byte ^ (mask[at] ?? 0)),
    4,
  );
  return value;
}

/** Reads one, as sockets write addresses; `undefined` where it is none. */
export function readXorAddress(
  value: Uint8Array | undefined,
  transaction: Uint8Array,
): Endpoint | undefined {
  const family = value?.[1];
  const isWhole = (family === 1 && value?.length === 8) || (family === 2 && value?.length === 20);
  if (!isWhole || value === undefined) return undefined;
  const mask = maskOf(transaction);
  const plain = value.subarray(4).map((byte, at) => byte ^ (mask[at] ?? 0));
  const port = Buffer.from(value).readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16);
  return { address: addressText(plain), port };
}

/** A number of 32 bits. */
export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function readUint32(value: Uint8Array | undefined): number | undefined {
  return value?.length === 4 ? Buffer.from(value).readUInt32BE(0) : undefined;
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function readUtf8(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

/** An error's number, 300–699, and its phrase. */
export function errorCode(code: number, phrase: string): Uint8Array {
  return Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), utf8(phrase)]);
}

export function readErrorCode(value: Uint8Array | undefined): number | undefined {
  if (value === undefined || value.length < 4) return undefined;
  return ((value[2] ?? 0) & 7) * 100 + (value[3] ?? 0);
}

function maskOf(transaction: Uint8Array): Uint8Array {
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(MAGIC_COOKIE);
  return Buffer.concat([cookie, transaction]);
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  const words = Buffer.alloc(16);
  const [head = '', tail] = address.split('::');
  const front = wordsOf(head);
  const back = tail === undefined ? [] : wordsOf(tail);
  for (const [at, word] of front.entries()) words.writeUInt16BE(word, 2 * at);
  for (const [at, word] of back.entries()) words.writeUInt16BE(word, 16 - 2 * (back.length - at));
  return words;
}

/** Groups of hexadecimal digits; an IPv4 address at the end counts for two. */
function wordsOf(text: string): number[] {
  return text.split(':').flatMap((group) => {
    if (group === '') return [];
    if (!group.includes('.')) return [Number.parseInt(group, 16) & 0xffff];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = Buffer.from(bytes);
  const groups = Array.from({ length: 8 }, (_, at) => view.readUInt16BE(2 * at).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
