import { Buffer } from 'node:buffer';
import type { Endpoint } from '@strowger/runtime';
import { addressBytes, addressFrom } from './ip-address.ts';

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
/** Attributes that one message may have; more is nothing that a keep-alive needs. */
const MOST_ATTRIBUTES = 16;

const TYPES = { request: 0x0001, success: 0x0101, error: 0x0111 } as const;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Below it are the attributes that one has to understand (RFC 8489 §14). */
const OPTIONAL_FROM = 0x8000;

/** A STUN Binding message (RFC 8489), as far as keep-alives go (RFC 5626 §8). */
export interface StunMessage {
  readonly kind: 'request' | 'success' | 'error';
  /** 12 bytes, as `latin1` text. */
  readonly transaction: string;
  /** Where the server saw the client. */
  readonly mapped?: Endpoint;
  /** Attributes that have to be understood and are not. */
  readonly unknown: readonly number[];
}

/** Whether a datagram is STUN and no SIP: no SIP message begins with two zero bits. */
export function isStun(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES || ((bytes[0] ?? 0xff) & 0xc0) !== 0) return false;
  const view = viewOf(bytes);
  const length = view.readUInt16BE(2);
  const isWhole = length % 4 === 0 && HEADER_BYTES + length === bytes.length;
  return isWhole && view.readUInt32BE(4) === MAGIC_COOKIE;
}

/** Reads what `isStun`; `undefined` for another method, an indication, or broken attributes. */
export function readStun(bytes: Uint8Array): StunMessage | undefined {
  const view = viewOf(bytes);
  const kind = kindOf(view.readUInt16BE(0));
  const attributes = attributesOf(view);
  if (kind === undefined || attributes === undefined) return undefined;
  const transaction = view.toString('latin1', 8, HEADER_BYTES);
  const unknown = attributes
    .map(({ type }) => type)
    .filter((type) => type < OPTIONAL_FROM && type !== XOR_MAPPED_ADDRESS && type !== ERROR_CODE);
  const found = attributes.find(({ type }) => type === XOR_MAPPED_ADDRESS);
  const mapped = found === undefined ? undefined : mappedAddress(found.value, view);
  return { kind, transaction, unknown, ...(mapped === undefined ? {} : { mapped }) };
}

/** A Binding request without attributes. @param transaction 12 bytes, as `latin1` text. */
export function bindingRequest(transaction: string): Uint8Array {
  return messageOf('request', transaction, Buffer.alloc(0));
}

/** The answer that tells a client where it was seen. */
export function bindingSuccess(transaction: string, { address, port }: Endpoint): Uint8Array {
  const plain = addressBytes(address) ?? new Uint8Array(4);
  const value = Buffer.alloc(4 + plain.length);
  value.writeUInt8(plain.length === 4 ? 1 : 2, 1);
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  value.set(xored(plain, maskOf(transaction)), 4);
  return messageOf('success', transaction, attribute(XOR_MAPPED_ADDRESS, value));
}

/** The answer to a request with attributes that nobody here understands (RFC 8489 §6.3.1). */
export function unknownAttributes(transaction: string, unknown: readonly number[]): Uint8Array {
  const code = attribute(ERROR_CODE, Buffer.from([0, 0, 4, 20]));
  const list = Buffer.alloc(2 * unknown.length);
  for (const [index, type] of unknown.entries()) list.writeUInt16BE(type, index * 2);
  return messageOf(
    'error',
    transaction,
    Buffer.concat([code, attribute(UNKNOWN_ATTRIBUTES, list)]),
  );
}

interface Attribute {
  readonly type: number;
  readonly value: Buffer;
}

function attributesOf(view: Buffer): Attribute[] | undefined {
  const attributes: Attribute[] = [];
  for (let at = HEADER_BYTES; at < view.length; ) {
    if (at + 4 > view.length || attributes.length === MOST_ATTRIBUTES) return undefined;
    const length = view.readUInt16BE(at + 2);
    if (at + 4 + length > view.length) return undefined;
    attributes.push({
      type: view.readUInt16BE(at),
      value: view.subarray(at + 4, at + 4 + length),
    });
    at += 4 + length + padding(length);
  }
  return attributes;
}

function mappedAddress(value: Buffer, message: Buffer): Endpoint | undefined {
  if (value.length !== 8 && value.length !== 20) return undefined;
  const mask = maskOf(message.toString('latin1', 8, HEADER_BYTES));
  const address = addressFrom(xored(value.subarray(4), mask));
  const port = value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16);
  return address === undefined ? undefined : { address, port };
}

/** RFC 8489 §14.2: addresses are hidden from gateways that would rewrite them. */
function maskOf(transaction: string): Buffer {
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(MAGIC_COOKIE);
  return Buffer.concat([cookie, Buffer.from(transaction, 'latin1')]);
}

function xored(bytes: Uint8Array, mask: Buffer): Uint8Array {
  return bytes.map((byte, index) => byte ^ (mask[index] ?? 0));
}

function messageOf(kind: keyof typeof TYPES, transaction: string, attributes: Buffer): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(TYPES[kind], 0);
  header.writeUInt16BE(attributes.length, 2);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  header.write(transaction, 8, 12, 'latin1');
  return Buffer.concat([header, attributes]);
}

function attribute(type: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + value.length + padding(value.length));
  whole.writeUInt16BE(type, 0);
  whole.writeUInt16BE(value.length, 2);
  whole.set(value, 4);
  return whole;
}

function padding(length: number): number {
  return -length & 3;
}

function kindOf(type: number): StunMessage['kind'] | undefined {
  if (type === TYPES.request) return 'request';
  if (type === TYPES.success) return 'success';
  return type === TYPES.error ? 'error' : undefined;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
