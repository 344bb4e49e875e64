/** A packet of sound is a three hundredth of it. */
const SLAB_BYTES = 65_536;

/**
 * Room for packets that are sent, cut from pieces that several share: to make memory for each costs
 * more than its protection. A piece lives as long as one of its packets.
 */
export class PacketSlab {
  private piece = new ArrayBuffer(0);
  private used = 0;

  /** Bytes that nobody else has; whatever they hold is to be overwritten. */
  take(length: number): Uint8Array {
    if (length > SLAB_BYTES / 4) return new Uint8Array(length);
    if (this.used + length > this.piece.byteLength) {
      // nothing is read before it was written: zeros would cost as much as a dozen packets
      this.piece = Buffer.allocUnsafeSlow(SLAB_BYTES).buffer as ArrayBuffer;
      this.used = 0;
    }
    const at = this.used;
    this.used += length;
    return new Uint8Array(this.piece, at, length);
  }
}
