import type { PacketSigner } from './packet-signer.ts';

/**
 * One packet at a time on the memory in which it is signed: copied in, enciphered there by whole
 * words, signed, and copied out at once. Making views costs more than that: one is kept, for the
 * packets of a stream have the same length most of the time.
 */
export class MessageDesk {
  private readonly signer: PacketSigner;
  private view: Uint8Array;

  constructor(signer: PacketSigner) {
    this.signer = signer;
    this.view = signer.message.subarray(0, 0);
  }

  put(packet: Uint8Array): void {
    this.signer.message.set(packet);
  }

  /** Copies the first `end` bytes back. */
  takeTo(packet: Uint8Array, end: number): void {
    if (this.view.length !== end) this.view = this.signer.message.subarray(0, end);
    packet.set(this.view);
  }

  /**
   * Enciphers from `start`, a multiple of four as all headers of RTP are, up to `end`, with the
   * keystream from `offset` on; up to three bytes behind the end are lost.
   */
  cipher(start: number, end: number, keystream: Uint32Array, offset: number): void {
    const message = this.signer.words;
    const first = start >>> 2;
    const count = (end - start + 3) >>> 2;
    for (let at = 0; at < count; at++) {
      message[first + at] = (message[first + at] ?? 0) ^ (keystream[offset + at] ?? 0);
    }
  }

  /** Whether the tag at `at` is the digest's, in a time that tells nothing of where they differ. */
  isSigned(packet: Uint8Array, at: number, tagLength: number): boolean {
    const { digest } = this.signer;
    let difference = 0;
    for (let byte = 0; byte < tagLength; byte++) {
      difference |= (digest[byte] ?? 0) ^ (packet[at + byte] ?? 0);
    }
    return difference === 0;
  }
}
