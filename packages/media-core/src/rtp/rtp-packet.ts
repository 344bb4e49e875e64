import { StrowgerError } from '@strowger/runtime';
import { type HeaderExtensionElement, writeHeaderExtensions } from './header-extension.ts';
import { type RtpHeader, RTP_HEADER_LENGTH, write32, writeRtpHeader } from './rtp.ts';

/** A whole RTP packet as it shall stand on the wire. */
export interface RtpPacketParts extends Omit<RtpHeader, 'payloadStart' | 'payloadEnd'> {
  /** Contributing sources, at most 15 (RFC 3550 §5.1). */
  readonly contributors?: readonly number[];
  /** Elements of a header extension (RFC 8285). */
  readonly extensions?: readonly HeaderExtensionElement[];
  readonly payload: Uint8Array;
}

/**
 * Writes a packet with everything that a header can have. For single packets; streams write their
 * header into buffers of their own with `writeRtpHeader`.
 *
 * @throws StrowgerError `BAD_RTP_PACKET` for more than 15 sources, `BAD_HEADER_EXTENSION`.
 */
export function writeRtpPacket(parts: RtpPacketParts): Uint8Array {
  const { contributors = [], extensions = [], payload } = parts;
  if (contributors.length > 15) {
    throw new StrowgerError('BAD_RTP_PACKET', 'A packet has 15 contributing sources at most');
  }
  const extension = extensions.length > 0 ? writeHeaderExtensions(extensions) : new Uint8Array(0);
  const sources = RTP_HEADER_LENGTH + 4 * contributors.length;
  const packet = new Uint8Array(sources + extension.length + payload.length);
  writeRtpHeader(packet, parts);
  packet[0] = 0x80 | (extension.length > 0 ? 0x10 : 0) | contributors.length;
  contributors.forEach((source, index) => {
    write32(packet, RTP_HEADER_LENGTH + 4 * index, source);
  });
  packet.set(extension, sources);
  packet.set(payload, sources + extension.length);
  return packet;
}
