/** One page of an Ogg stream (RFC 3533 §6). */
export interface OggPage {
  readonly serial: number;
  readonly sequence: number;
  /** Samples at 48 kHz up to the end of the last packet that ends here (RFC 7845 §4). */
  readonly granule: bigint;
  readonly isFirst?: boolean;
  readonly isLast?: boolean;
  /** Whole packets, 255 segments at most. */
  readonly packets: readonly Uint8Array[];
}

const HEADER_BYTES = 27;
const CRC_AT = 22;

/** Segments that a packet takes: one more than 255 go into it (RFC 3533 §6). */
export function segmentsOf(packet: Uint8Array): number {
  return Math.floor(packet.length / 255) + 1;
}

/** Writes a page. */
export function oggPage(page: OggPage): Uint8Array {
  const { packets, serial, sequence, granule, isFirst = false, isLast = false } = page;
  const segments = packets.reduce((sum, packet) => sum + segmentsOf(packet), 0);
  const length = packets.reduce((sum, packet) => sum + packet.length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + segments + length);
  const view = new DataView(bytes.buffer);
  new TextEncoder().encodeInto('OggS', bytes);
  bytes[5] = (isFirst ? 2 : 0) | (isLast ? 4 : 0);
  view.setBigInt64(6, granule, true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  bytes[26] = segments;
  let at = HEADER_BYTES;
  for (const packet of packets) {
    bytes.fill(255, at, at + segmentsOf(packet) - 1);
    at += segmentsOf(packet);
    bytes[at - 1] = packet.length % 255;
  }
  for (const packet of packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  view.setUint32(CRC_AT, oggCrc(bytes), true);
  return bytes;
}

/** The checksum of a page whose own field is 0: polynomial 04c11db7, not reflected (RFC 3533 §6). */
export function oggCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] ?? 0);
  return crc >>> 0;
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0);
  return crc;
});
