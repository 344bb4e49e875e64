import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { write32 } from '../rtp/rtp.ts';
import type { SrtpKeys } from '../sdp/media-security.ts';
import type { HmacKey, HmacSha1 } from './hmac-sha1.ts';
import { deriveKey, LABELS } from './key-derivation.ts';
import { CounterMode, Keystream } from './keystream.ts';
import { rolloverOf } from './packet-index.ts';
import { protectionOf } from './srtp-suite.ts';

/** Where a packet stands in its stream. */
export interface PacketPlace {
  readonly ssrc: number;
  /** Of 48 bits in RTP, of 31 in RTCP. */
  readonly index: number;
  /** Made ahead for this stream. */
  readonly keystream: Keystream;
}

/** Protects the packets of one direction: RTP's, or RTCP's with the word of their index behind. */
export interface PacketCipher {
  /** Bytes that it adds behind a packet. */
  readonly tagLength: number;
  /**
   * Enciphers `packet` from `start` up to `end` in place, and writes the tag at `end` (behind the
   * index in RTCP, which stands at `end` already).
   */
  seal(packet: Uint8Array, start: number, end: number, place: PacketPlace): void;
  /** The reverse: `false` where the tag is not right, and then the packet is as it was. */
  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean;
}

/** The cipher of these keys. @throws StrowgerError `SRTP_BAD_KEYS` where their lengths do not fit. */
export function packetCipher(keys: SrtpKeys, kind: 'rtp' | 'rtcp', hmac: HmacSha1): PacketCipher {
  const { mode, tagLength, controlTagLength } = protectionOf(keys);
  const { encryption, authentication, salt } = LABELS[kind];
  const key = deriveKey(keys, encryption, keys.masterKey.length);
  if (mode === 'gcm') return new GcmCipher(key, deriveKey(keys, salt, 12), kind);
  return new CounterCipher({
    cipher: new CounterMode(key, deriveKey(keys, salt, 14)),
    hmac,
    key: hmac.key(deriveKey(keys, authentication, 20)),
    tagLength: kind === 'rtp' ? tagLength : controlTagLength,
    kind,
  });
}

interface CounterCipherParts {
  readonly cipher: CounterMode;
  readonly hmac: HmacSha1;
  readonly key: HmacKey;
  readonly tagLength: number;
  readonly kind: 'rtp' | 'rtcp';
}

/** AES in counter mode, then HMAC-SHA1 over what came of it (RFC 3711 §4, RFC 6188). */
class CounterCipher implements PacketCipher {
  readonly tagLength: number;
  private readonly parts: CounterCipherParts;

  constructor(parts: CounterCipherParts) {
    this.parts = parts;
    this.tagLength = parts.tagLength;
  }

  seal(packet: Uint8Array, start: number, end: number, place: PacketPlace): void {
    this.cipher(packet, start, end, place);
    const at = this.sign(packet, end, place);
    packet.set(this.parts.hmac.digest.subarray(0, this.tagLength), at);
  }

  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean {
    const at = this.sign(packet, end, place);
    if (!this.isSigned(packet, at)) return false;
    this.cipher(packet, start, end, place);
    return true;
  }

  /** Where the tag is; the signature lies in the HMAC's `digest`. */
  private sign(packet: Uint8Array, end: number, { index }: PacketPlace): number {
    const { hmac, key, kind } = this.parts;
    const { message } = hmac;
    if (kind === 'rtcp') {
      message.set(packet.subarray(0, end + 4));
      key.sign(end + 4);
      return end + 4;
    }
    message.set(packet.subarray(0, end));
    write32(message, end, rolloverOf(index));
    key.sign(end + 4);
    return end;
  }

  /** In a time that tells nothing of where they differ. */
  private isSigned(packet: Uint8Array, at: number): boolean {
    const { digest } = this.parts.hmac;
    let difference = 0;
    for (let byte = 0; byte < this.tagLength; byte++) {
      difference |= (digest[byte] ?? 0) ^ (packet[at + byte] ?? 0);
    }
    return difference === 0;
  }

  private cipher(packet: Uint8Array, start: number, end: number, place: PacketPlace): void {
    const { keystream, ssrc, index } = place;
    keystream.find(this.parts.cipher, ssrc, index, end - start);
    const { words, offset } = keystream;
    const stream = new Uint8Array(words.buffer, words.byteOffset + 4 * offset, end - start);
    for (let at = 0; at < stream.length; at++) {
      packet[start + at] = (packet[start + at] ?? 0) ^ (stream[at] ?? 0);
    }
  }
}

/** AES-GCM (RFC 7714): the header, and in RTCP the index, are authenticated with the rest. */
export class GcmCipher implements PacketCipher {
  readonly tagLength = 16;
  private readonly key: KeyObject;
  private readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  private readonly salt: Uint8Array;
  private readonly kind: 'rtp' | 'rtcp';
  private readonly iv = new Uint8Array(12);

  constructor(key: Uint8Array, salt: Uint8Array, kind: 'rtp' | 'rtcp') {
    this.key = createSecretKey(key); // bytes would be imported anew for every packet
    this.algorithm = key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm';
    this.salt = salt;
    this.kind = kind;
  }

  /** In RTCP the tag stands before the index (RFC 7714 §9.2), which is at `end` until then. */
  seal(packet: Uint8Array, start: number, end: number, place: PacketPlace): void {
    const cipher = createCipheriv(this.algorithm, this.key, this.ivOf(place));
    const word = packet.slice(end, end + 4);
    cipher.setAAD(this.associated(packet, start, word));
    packet.set(cipher.update(packet.subarray(start, end)), start);
    cipher.final();
    packet.set(cipher.getAuthTag(), end);
    if (this.kind === 'rtcp') packet.set(word, end + 16);
  }

  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean {
    const decipher = createDecipheriv(this.algorithm, this.key, this.ivOf(place));
    decipher.setAuthTag(packet.subarray(end, end + 16));
    decipher.setAAD(this.associated(packet, start, packet.subarray(end + 16, end + 20)));
    const clear = decipher.update(packet.subarray(start, end));
    try {
      decipher.final();
    } catch {
      return false; // how node:crypto says that the tag is not right
    }
    packet.set(clear, start);
    return true;
  }

  private associated(packet: Uint8Array, start: number, word: Uint8Array): Uint8Array {
    if (this.kind === 'rtp') return packet.subarray(0, start);
    const associated = new Uint8Array(start + 4);
    associated.set(packet.subarray(0, start));
    associated.set(word, start);
    return associated;
  }

  /** RFC 7714 §8.1 and §9.1. */
  private ivOf({ ssrc, index }: PacketPlace): Uint8Array {
    const { iv, salt } = this;
    iv.fill(0);
    write32(iv, 2, ssrc);
    if (this.kind === 'rtp') {
      write32(iv, 6, rolloverOf(index));
      iv[10] = (index >>> 8) & 0xff;
      iv[11] = index & 0xff;
    } else write32(iv, 8, index);
    for (let at = 0; at < 12; at++) iv[at] = (iv[at] ?? 0) ^ (salt[at] ?? 0);
    return iv;
  }
}
