import { Buffer } from 'node:buffer';

/** An IPv4 packet. */
export function ipv4(
  protocol: number,
  payload: Buffer,
  { from = 1, to = 2, id = 1, offset = 0, more = false } = {},
): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE((more ? 0x2000 : 0) | (offset / 8), 6);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set([10, 0, 0, from], 12);
  header.set([10, 0, 0, to], 16);
  return Buffer.concat([header, payload]);
}

/** An IPv6 packet between 2001:db8::1 and ::2. */
export function ipv6(protocol: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(protocol, 6);
  header.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 8);
  header.copy(header, 24, 8, 23);
  header.writeUInt8(2, 39);
  return Buffer.concat([header, payload]);
}

/** A UDP datagram. */
export function udp(payload: Buffer | string, { from = 5060, to = 5060 } = {}): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt16BE(8 + bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** A TCP segment. */
export function tcp(
  payload: Buffer | string,
  { sequence = 0, syn = false, from = 40_000, to = 5060 } = {},
): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header.writeUInt8(0x50, 12);
  header.writeUInt8(syn ? 2 : 0x18, 13);
  return Buffer.concat([header, Buffer.from(payload)]);
}

/** An RTP packet of 20 ms of G.711. */
export function rtp(sequence: number, payloadType = 0): Buffer {
  const packet = Buffer.alloc(172);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(payloadType, 1);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(0xabcd1234, 8);
  return packet;
}

/** A frame of Ethernet with two VLAN tags. */
export function ethernet(packet: Buffer, type = 0x0800): Buffer {
  const header = Buffer.alloc(22);
  header.writeUInt16BE(0x88a8, 12);
  header.writeUInt16BE(0x8100, 16);
  header.writeUInt16BE(type, 20);
  return Buffer.concat([header, packet]);
}

/** The frame of another link type around an IPv4 packet. */
export function cooked(linkType: 0 | 113 | 276, packet: Buffer): Buffer {
  const header = Buffer.alloc({ 0: 4, 113: 16, 276: 20 }[linkType]);
  if (linkType !== 0) header.writeUInt16BE(0x0800, linkType === 113 ? 14 : 0);
  return Buffer.concat([header, packet]);
}

/** A pcap file, with frames every 20 ms. */
export function pcap(
  linkType: number,
  frames: readonly Buffer[],
  { isLittle = true, isNano = false } = {},
): Buffer {
  const u32 = (...values: number[]): Buffer => words(values, isLittle);
  const head = u32(isNano ? 0xa1b23c4d : 0xa1b2c3d4, isLittle ? 0x00040002 : 0x00020004, 0, 0);
  const records = frames.map((frame, index) => {
    const ms = index * 20;
    const time = [Math.floor(ms / 1000), (ms % 1000) * (isNano ? 1e6 : 1e3)];
    return Buffer.concat([u32(...time, frame.length, frame.length), frame]);
  });
  return Buffer.concat([head, u32(65_535, linkType), ...records]);
}

/**
 * A pcapng file of one interface, with frames every 20 ms.
 *
 * @param digits of a second's fraction: 9 are nanoseconds.
 * @param first time, in these units.
 */
export function pcapng(
  linkType: number,
  frames: readonly Buffer[],
  { digits = 9, first = 0n } = {},
): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    const length = words([padded.length + 12], true);
    return Buffer.concat([words([type], true), length, padded, length]);
  };
  const resolution = Buffer.from([9, 0, 1, 0, digits, 0, 0, 0, 0, 0, 0, 0]);
  const described = Buffer.concat([words([linkType, 65_535], true), resolution]);
  const packets = frames.map((frame, index) => {
    const units = first + BigInt(index) * 20n * 10n ** BigInt(digits - 3);
    const time = [Number(units >> 32n), Number(units & 0xffffffffn)];
    const head = words([0, ...time, frame.length, frame.length], true);
    return block(6, Buffer.concat([head, frame]));
  });
  const section = block(0x0a0d0d0a, words([0x1a2b3c4d, 1, 0xffffffff, 0xffffffff], true));
  return Buffer.concat([section, block(1, described), block(0xbad, Buffer.alloc(3)), ...packets]);
}

function words(values: readonly number[], isLittle: boolean): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    if (isLittle) bytes.writeUInt32LE(value >>> 0, index * 4);
    else bytes.writeUInt32BE(value >>> 0, index * 4);
  });
  return bytes;
}
