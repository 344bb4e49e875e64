import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from './crc32.ts';

const HEADER = 20;
export const MAGIC_COOKIE = 0x2112a442;
/** Attributes of one message that are looked at; a check of ICE has some eight. */
const MOST_ATTRIBUTES = 24;
const INTEGRITY = 0x0008;
const FINGERPRINT = 0x8028;
/** It is added to the checksum, so that no other protocol has the same (RFC 8489 §14.7). */
const FINGERPRINT_MASK = 0x5354554e;

/** Methods (RFC 8489 §18.2, RFC 8656 §17). */
export const METHODS = {
  binding: 1,
  allocate: 3,
  refresh: 4,
  send: 6,
  data: 7,
  createPermission: 8,
  channelBind: 9,
} as const;

/** Attributes that we know (RFC 8489 §18.3, RFC 8445 §16.1, RFC 8656 §18). */
export const ATTRIBUTES = {
  username: 0x0006,
  integrity: INTEGRITY,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  channelNumber: 0x000c,
  lifetime: 0x000d,
  xorPeerAddress: 0x0012,
  data: 0x0013,
  realm: 0x0014,
  nonce: 0x0015,
  xorRelayedAddress: 0x0016,
  requestedTransport: 0x0019,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  software: 0x8022,
  fingerprint: FINGERPRINT,
  controlled: 0x8029,
  controlling: 0x802a,
} as const;

const CLASSES = ['request', 'indication', 'success', 'error'] as const;

/** The class of a message (RFC 8489 §5). */
export type StunClass = (typeof CLASSES)[number];

/** A message of STUN (RFC 8489 §5). */
export interface StunMessage {
  readonly kind: StunClass;
  /** One of `METHODS`, or a number of another. */
  readonly method: number;
  /** 12 bytes. */
  readonly transaction: Uint8Array;
  /** In order; of equal ones only the first counts, and none after the integrity (§14.5). */
  readonly attributes: ReadonlyMap<number, Uint8Array>;
  /** The message as it came. */
  readonly bytes: Uint8Array;
  /** Where MESSAGE-INTEGRITY begins; -1: there is none. */
  readonly integrityAt: number;
}

/** Whether a datagram on the port of RTP is STUN (RFC 7983 §7). */
export function isStun(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  return bytes.length >= HEADER && (bytes[0] ?? 4) < 4 && view.readUInt32BE(4) === MAGIC_COOKIE;
}

/** Reads what `isStun`; `undefined` where its attributes are broken, or its checksum is. */
export function readStun(bytes: Uint8Array): StunMessage | undefined {
  const view = viewOf(bytes);
  const length = view.readUInt16BE(2);
  if (length % 4 !== 0 || HEADER + length !== bytes.length) return undefined;
  const attributes = new Map<number, Uint8Array>();
  let integrityAt = -1;
  let count = 0;
  for (let at = HEADER; at < bytes.length; ) {
    if (at + 4 > bytes.length || ++count > MOST_ATTRIBUTES) return undefined;
    const type = view.readUInt16BE(at);
    const size = view.readUInt16BE(at + 2);
    if (at + 4 + size > bytes.length) return undefined;
    const value = bytes.subarray(at + 4, at + 4 + size);
    if (type === FINGERPRINT && !isChecksum(view, at, size)) return undefined;
    const counts = integrityAt < 0 || type === FINGERPRINT;
    if (counts && !attributes.has(type)) attributes.set(type, value);
    if (type === INTEGRITY && integrityAt < 0) integrityAt = at;
    at += 4 + size + padding(size);
  }
  const type = view.readUInt16BE(0);
  const kind = CLASSES[((type >>> 7) & 2) | ((type >>> 4) & 1)] ?? 'request';
  const method = (type & 0x0f) | ((type & 0xe0) >>> 1) | ((type & 0x3e00) >>> 2);
  return { kind, method, transaction: bytes.subarray(8, HEADER), attributes, bytes, integrityAt };
}

/** What a message is made of. */
export interface StunParts {
  readonly kind: StunClass;
  readonly method: number;
  readonly transaction: Uint8Array;
  readonly attributes: readonly (readonly [type: number, value: Uint8Array])[];
  /** Signs the message (MESSAGE-INTEGRITY, HMAC-SHA1) where it is given. */
  readonly key?: Uint8Array | undefined;
  /** Whether a checksum stands at the end (FINGERPRINT). */
  readonly hasFingerprint?: boolean;
}

/**
 * Writes a message, signed and with a checksum where that is asked for (RFC 8489 §14.5, §14.7). The
 * number of the transaction has 12 bytes.
 */
export function writeStun({
  kind,
  method,
  transaction,
  attributes,
  ...ends
}: StunParts): Uint8Array {
  const known = attributes.map(([type, value]) => attribute(type, value));
  const space = (ends.key ? 24 : 0) + (ends.hasFingerprint ? 8 : 0);
  const length = known.reduce((sum, one) => sum + one.length, 0);
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(typeOf(kind, method), 0);
  header.writeUInt32BE(MAGIC_COOKIE, 4);
  header.set(transaction, 8);
  const message = Buffer.concat([header, ...known, Buffer.alloc(space)]);
  let at = HEADER + length;
  if (ends.key) {
    // the length that is signed ends with the signature (RFC 8489 §14.5)
    message.writeUInt16BE(at + 24 - HEADER, 2);
    message.set(attribute(INTEGRITY, signature(message.subarray(0, at), ends.key)), at);
    at += 24;
  }
  message.writeUInt16BE(message.length - HEADER, 2);
  if (ends.hasFingerprint) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE((crc32(message.subarray(0, at)) ^ FINGERPRINT_MASK) >>> 0);
    message.set(attribute(FINGERPRINT, sum), at);
  }
  return new Uint8Array(message.buffer, message.byteOffset, message.length);
}

/** Whether the message was signed with this key. */
export function isSignedWith(
  { bytes, integrityAt, attributes }: StunMessage,
  key: Uint8Array,
): boolean {
  const given = attributes.get(INTEGRITY);
  if (integrityAt < 0 || given?.length !== 20) return false;
  const signed = Buffer.from(bytes.subarray(0, integrityAt));
  signed.writeUInt16BE(integrityAt + 24 - HEADER, 2);
  return timingSafeEqual(signature(signed, key), given);
}

function signature(message: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha1', key).update(message).digest();
}

function isChecksum(view: Buffer, at: number, size: number): boolean {
  if (size !== 4 || at + 8 !== view.length) return false; // it is the last one
  const wanted = (crc32(view.subarray(0, at)) ^ FINGERPRINT_MASK) >>> 0;
  return view.readUInt32BE(at + 4) === wanted;
}

function typeOf(kind: StunClass, method: number): number {
  const number = CLASSES.indexOf(kind);
  const classBits = ((number & 2) << 7) | ((number & 1) << 4);
  return ((method & 0xf80) << 2) | ((method & 0x70) << 1) | (method & 0x0f) | classBits;
}

function attribute(type: number, value: Uint8Array): Buffer {
  const whole = Buffer.alloc(4 + value.length + padding(value.length));
  whole.writeUInt16BE(type, 0);
  whole.writeUInt16BE(value.length, 2);
  whole.set(value, 4);
  return whole;
}

function padding(length: number): number {
  return -length & 3;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
