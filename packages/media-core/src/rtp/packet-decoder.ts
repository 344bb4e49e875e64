/** Who turns packets into samples, and stands in for those that are missing. */
export interface PacketDecoder {
  /** Turns a payload into samples at the front of `out`; returns how many. */
  decode(payload: Uint8Array, payloadType: number, out: Int16Array): number;
  /**
   * Fills `out` where there is no packet: it was lost or is late, or, where `isPause`, the other side
   * sent none.
   */
  fill(out: Int16Array, from: number, to: number, isPause: boolean): void;
  /** Is told what was decoded, as it is heard; may change it. */
  heard?(out: Int16Array, from: number, to: number): void;
  /** Fills the packet before `next` out of that one; returns how many samples, 0 where it cannot. */
  recover?(next: Uint8Array, payloadType: number, out: Int16Array): number;
}

/** What is said of a packet beside its header. */
export interface PushedPacket {
  /** How many samples it decodes to. */
  samples: number;
  /** It came out of order. */
  isMisordered?: boolean;
  /** The other side is silent behind it, and sends nothing until it speaks again (RFC 3389). */
  beginsPause?: boolean;
}
