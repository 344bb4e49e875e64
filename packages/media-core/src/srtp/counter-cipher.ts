import { write32 } from '../rtp/rtp.ts';
import type { CounterMode } from './keystream.ts';
import { MessageDesk } from './message-desk.ts';
import type { PacketCipher, PacketPlace } from './packet-cipher.ts';
import { controlWord, rolloverOf } from './packet-index.ts';
import type { HmacKey, PacketSigner } from './packet-signer.ts';

/** What it is made of. */
export interface CounterCipherParts {
  readonly mode: CounterMode;
  readonly signer: PacketSigner;
  readonly key: HmacKey;
  readonly tagLength: number;
  readonly kind: 'rtp' | 'rtcp';
}

/** AES in counter mode, then HMAC-SHA1 over what came of it (RFC 3711 §4, RFC 6188). */
export class CounterCipher implements PacketCipher {
  readonly tagLength: number;
  private readonly parts: CounterCipherParts;
  private readonly desk: MessageDesk;

  constructor(parts: CounterCipherParts) {
    this.parts = parts;
    this.tagLength = parts.tagLength;
    this.desk = new MessageDesk(parts.signer);
  }

  seal(packet: Uint8Array, out: Uint8Array, start: number, place: PacketPlace): void {
    const { desk, tagLength } = this;
    const end = packet.length;
    desk.put(packet);
    this.cipher(start, end, place);
    this.sign(end, place.index);
    desk.takeTo(out, end);
    if (this.isControl) write32(out, end, controlWord(place.index));
    const at = this.tagAt(end);
    const { digest } = this.parts.signer;
    for (let byte = 0; byte < tagLength; byte++) out[at + byte] = digest[byte] ?? 0;
  }

  open(packet: Uint8Array, start: number, end: number, place: PacketPlace): boolean {
    const { desk } = this;
    desk.put(packet);
    this.sign(end, place.index);
    if (!desk.isSigned(packet, this.tagAt(end), this.tagLength)) return false;
    this.cipher(start, end, place);
    desk.takeTo(packet, end);
    return true;
  }

  private get isControl(): boolean {
    return this.parts.kind === 'rtcp';
  }

  /** Behind the index, in RTCP. */
  private tagAt(end: number): number {
    return this.isControl ? end + 4 : end;
  }

  private cipher(start: number, end: number, { keystream, ssrc, index }: PacketPlace): void {
    keystream.find(this.parts.mode, ssrc, index, end - start);
    this.desk.cipher(start, end, keystream.words, keystream.offset);
  }

  /** Signs the message with a word behind it: the rollover counter, or the index of RTCP (§4.2). */
  private sign(end: number, index: number): void {
    const { signer, key } = this.parts;
    write32(signer.message, end, this.isControl ? controlWord(index) : rolloverOf(index));
    key.sign(end + 4);
  }
}
