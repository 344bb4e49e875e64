import { createCipheriv } from 'node:crypto';
import { CounterMode } from './keystream.ts';
import { MessageDesk } from './message-desk.ts';
import type { PacketCipher, PacketPlace } from './packet-cipher.ts';
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

  /** In RTCP the tag stands before the index (RFC 7714 §9.2), which is at `end` until then. */
  seal(packet: Uint8Array, start: number, end: number, place: PacketPlace): void {
    const { desk, signer } = this;
    const isControl = this.kind === 'rtcp';
    if (isControl) packet.copyWithin(end + BLOCK, end, end + INDEX_LENGTH);
    desk.put(packet);
    this.find(start, end, place);
    this.cipher(start, end, place);
    this.sign(start, end, place, isControl ? end + BLOCK : undefined);
    desk.takeTo(packet, end);
    for (let byte = 0; byte < BLOCK; byte++) packet[end + byte] = signer.digest[byte] ?? 0;
  }

  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean {
    const { desk } = this;
    desk.put(packet);
    this.find(start, end, place);
    this.sign(start, end, place, this.kind === 'rtcp' ? end + BLOCK : undefined);
    if (!desk.isSigned(packet, end, BLOCK)) {
      place.keystream.forget(); // the tag's block is of it, so it had to be made first
      return false;
    }
    this.cipher(start, end, place);
    desk.takeTo(packet, end);
    return true;
  }

  /** The block that ends up in the tag is the first, those of the packet follow (§7.1 of GCM). */
  private find(start: number, end: number, { keystream, ssrc, index }: PacketPlace): void {
    keystream.find(this.mode, ssrc, index, end - start + BLOCK);
  }

  private cipher(start: number, end: number, { keystream }: PacketPlace): void {
    this.desk.cipher(start, end, keystream.words, keystream.offset + BLOCK_WORDS);
  }

  /** Leaves the tag in the digest; `indexAt`: where the index of RTCP stands. */
  private sign(start: number, end: number, place: PacketPlace, indexAt: number | undefined): void {
    const { message, digestWords: tag } = this.signer;
    if (indexAt === undefined) this.ghash.digest(0, start, start, end - start);
    else {
      // header and index are authenticated as one (RFC 7714 §9.2)
      message.copyWithin(indexAt - CONTROL_HEADER, 0, CONTROL_HEADER);
      this.ghash.digest(indexAt - CONTROL_HEADER, start + INDEX_LENGTH, start, end - start);
    }
    const { words, offset } = place.keystream;
    for (let at = 0; at < BLOCK_WORDS; at++) tag[at] = (tag[at] ?? 0) ^ (words[offset + at] ?? 0);
  }
}

/** The key of GHASH (NIST SP 800-38D §7.1). */
function blockOfZeros(key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null);
  return cipher.update(new Uint8Array(BLOCK));
}
