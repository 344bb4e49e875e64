/** Length of the RTP header without contributing sources and extension (RFC 3550 §5.1). */
export const RTP_HEADER_LENGTH = 12;

/** The fields of an RTP packet; one object serves all packets of a reader. */
export interface RtpHeader {
  marker: boolean;
  payloadType: number;
  /** 0 to 65535. */
  sequence: number;
  /** 0 to 2^32 - 1, in units of the codec's clock. */
  timestamp: number;
  /** 0 to 2^32 - 1. */
  ssrc: number;
  /** Where the payload begins and ends in the packet; contributing sources, header extension and
   * padding lie outside. */
  payloadStart: number;
  payloadEnd: number;
}

/** An RTP header to read into. */
export function emptyRtpHeader(): RtpHeader {
  return {
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/**
 * Reads the header of an RTP packet into `header` (RFC 3550 §5.1, the checks of appendix A.1).
 * `false` where the packet is none: too short, another version, or lengths beyond its end.
 */
export function readRtp(packet: Uint8Array, header: RtpHeader): boolean {
  const length = packet.length;
  if (length < RTP_HEADER_LENGTH) return false;
  const first = packet[0] as number; // in range: the length was checked, here and below
  if (first >> 6 !== 2) return false;
  const second = packet[1] as number;
  const start = payloadStart(packet, first);
  const end = length - ((first & 0x20) === 0 ? 0 : paddingOf(packet));
  if (start > end) return false;
  header.marker = second >= 0x80;
  header.payloadType = second & 0x7f;
  header.sequence = read16(packet, 2);
  header.timestamp = read32(packet, 4);
  header.ssrc = read32(packet, 8);
  header.payloadStart = start;
  header.payloadEnd = end;
  return true;
}

/** Behind contributing sources and header extension; past the end where they are cut off. */
function payloadStart(packet: Uint8Array, first: number): number {
  const start = RTP_HEADER_LENGTH + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return start;
  if (start + 4 > packet.length) return Number.POSITIVE_INFINITY;
  return start + 4 + 4 * read16(packet, start + 2);
}

/** The last byte counts the padding, itself included: never 0 (RFC 3550 §5.1). */
function paddingOf(packet: Uint8Array): number {
  const padding = packet[packet.length - 1] as number; // not empty: the length was checked
  return padding === 0 ? Number.POSITIVE_INFINITY : padding;
}

/** Writes a header without contributing sources, extension and padding (RFC 3550 §5.1). */
export function writeRtpHeader(packet: Uint8Array, header: Omit<RtpHeader, PayloadBounds>): void {
  packet[0] = 0x80;
  packet[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  write16(packet, 2, header.sequence);
  write32(packet, 4, header.timestamp);
  write32(packet, 8, header.ssrc);
}

type PayloadBounds = 'payloadStart' | 'payloadEnd';

/**
 * Whether a packet that came to a port shared by both is RTCP: packet types 192 to 223 stand where
 * RTP has marker and payload type (RFC 5761 §4).
 */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** `a - b` of sequence numbers, from -32768 to 32767 (RFC 3550 §A.1). */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** `a - b` of timestamps, from -2^31 to 2^31 - 1. */
export function timestampDistance(a: number, b: number): number {
  return (a - b) | 0;
}

/** Big endian, 16 bits; the caller has checked the length. */
export function read16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Big endian, 32 bits, unsigned; the caller has checked the length. */
export function read32(bytes: Uint8Array, at: number): number {
  return ((read16(bytes, at) << 16) | read16(bytes, at + 2)) >>> 0;
}

/** Big endian, 16 bits. */
export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Big endian, 32 bits. */
export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
