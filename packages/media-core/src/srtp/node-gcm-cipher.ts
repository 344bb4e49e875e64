import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { write32 } from '../rtp/rtp.ts';
import type { PacketCipher, PacketPlace } from './packet-cipher.ts';
import { controlWord, rolloverOf } from './packet-index.ts';

/**
 * AES-GCM (RFC 7714) by `node:crypto`, with a cipher for every packet: where WebAssembly is missing,
 * and the oracle of `GcmCipher`.
 */
export class NodeGcmCipher implements PacketCipher {
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

  seal(packet: Uint8Array, out: Uint8Array, start: number, place: PacketPlace): void {
    const cipher = createCipheriv(this.algorithm, this.key, this.ivOf(place));
    const end = packet.length;
    cipher.setAAD(this.associated(packet, start, place));
    out.set(packet.subarray(0, start));
    out.set(cipher.update(packet.subarray(start)), start);
    cipher.final();
    out.set(cipher.getAuthTag(), end);
    if (this.kind === 'rtcp') write32(out, end + 16, controlWord(place.index));
  }

  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean {
    const decipher = createDecipheriv(this.algorithm, this.key, this.ivOf(place));
    decipher.setAuthTag(packet.subarray(end, end + 16));
    decipher.setAAD(this.associated(packet, start, place));
    const clear = decipher.update(packet.subarray(start, end));
    try {
      decipher.final();
    } catch {
      return false; // how node:crypto says that the tag is not right
    }
    packet.set(clear, start);
    return true;
  }

  /** The header, in RTCP with the index behind (RFC 7714 §9.2). */
  private associated(packet: Uint8Array, start: number, { index }: PacketPlace): Uint8Array {
    if (this.kind === 'rtp') return packet.subarray(0, start);
    const associated = new Uint8Array(start + 4);
    associated.set(packet.subarray(0, start));
    write32(associated, start, controlWord(index));
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
