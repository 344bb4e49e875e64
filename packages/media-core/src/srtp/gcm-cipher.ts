import { createCipheriv } from 'node:crypto';
import { write32 } from '../rtp/rtp.ts';
import { CounterMode } from './keystream.ts';
import { MessageDesk } from './message-desk.ts';
import type { PacketCipher, PacketPlace } from './packet-cipher.ts';
import { controlWord } from './packet-index.ts';
import type { GhashKey, PacketSigner } from './packet-signer.ts';

/** Words of a block, and bytes. */
const BLOCK_WORDS = 4;
const BLOCK = 16;
const CONTROL_HEADER = 8;
const INDEX_LENGTH = 4;

/** A signer that has GHASH. */
export type GhashSigner = PacketSigner & Required<Pick<PacketSigner, 'ghash'>>;

/** Whether it has. */
export function hasGhash(signer: PacketSigner): signer is GhashSigner {
  return signer.ghash !== undefined;
}

/** What it is made of. */
export interface GcmCipherParts {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly signer: GhashSigner;
  readonly kind: 'rtp' | 'rtcp';
}

/**
 * AES-GCM (RFC 7714) out of its two halves: counter mode, whose blocks are made ahead for many
 * packets at once, and GHASH. The cipher of `node:crypto` has to be made anew for every packet, which
 * costs ten times as much: `NodeGcmCipher` is that way, and the oracle of this one.
 */
export class GcmCipher implements PacketCipher {
  readonly tagLength = BLOCK;
  private readonly mode: CounterMode;
  private readonly ghash: GhashKey;
  private readonly signer: GhashSigner;
  private readonly desk: MessageDesk;
  private readonly kind: 'rtp' | 'rtcp';

  constructor({ key, salt, signer, kind }: GcmCipherParts) {
    this.mode = new CounterMode(key, salt, 'gcm');
    this.ghash = signer.ghash(blockOfZeros(key));
    this.signer = signer;
    this.desk = new MessageDesk(signer);
    this.kind = kind;
  }

  seal(packet: Uint8Array, out: Uint8Array, start: number, place: PacketPlace): void {
    const { desk, ghash } = this;
    const end = packet.length;
    desk.put(packet);
    this.find(start, end, place);
    this.cipher(start, end, place);
    ghash.seal(this.gather(end, place), this.authenticated(start), start, end - start);
    desk.takeTo(out, end + BLOCK);
    if (this.isControl) write32(out, end + BLOCK, controlWord(place.index));
  }

  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean {
    const { desk, ghash } = this;
    desk.put(packet);
    this.find(start, end, place);
    const aad = this.gather(end, place);
    if (!ghash.isSealed(aad, this.authenticated(start), start, end - start)) {
      place.keystream.forget(); // the tag's block is of it, so it had to be made first
      return false;
    }
    this.cipher(start, end, place);
    desk.takeTo(packet, end);
    return true;
  }

  private get isControl(): boolean {
    return this.kind === 'rtcp';
  }

  /** The block that enciphers the tag is the first, those of the packet follow (§7.1 of GCM). */
  private find(start: number, end: number, { keystream, ssrc, index }: PacketPlace): void {
    keystream.find(this.mode, ssrc, index, end - start + BLOCK);
    const { words, offset } = keystream;
    const { tagKeystream } = this.ghash;
    for (let at = 0; at < BLOCK_WORDS; at++) tagKeystream[at] = words[offset + at] ?? 0;
  }

  private cipher(start: number, end: number, { keystream }: PacketPlace): void {
    this.desk.cipher(start, end, keystream.words, keystream.offset + BLOCK_WORDS);
  }

  /**
   * Where what is only authenticated begins: the packet, or in RTCP its header and index as one
   * (RFC 7714 §9.2), put together behind its tag.
   */
  private gather(end: number, { index }: PacketPlace): number {
    if (!this.isControl) return 0;
    const { message } = this.signer;
    const aad = end + BLOCK;
    message.copyWithin(aad, 0, CONTROL_HEADER);
    write32(message, aad + CONTROL_HEADER, controlWord(index));
    return aad;
  }

  private authenticated(start: number): number {
    return this.isControl ? start + INDEX_LENGTH : start;
  }
}

/** The key of GHASH (NIST SP 800-38D §7.1). */
function blockOfZeros(key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
  return cipher.update(new Uint8Array(BLOCK));
}
