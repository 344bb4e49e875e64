import type { Buffer } from 'node:buffer';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLANS = [0x8100, 0x88a8, 0x9100];

/** The IP packet in a frame; nothing for other protocols and link types that are not known. */
export function ipPacketOf(linkType: number, frame: Buffer): Buffer | undefined {
  switch (linkType) {
    case 0: // BSD loopback: a family in the byte order of the machine
    case 108:
      return frame.subarray(4);
    case 1:
      return ofEthernet(frame);
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return frame;
    case 113: // Linux cooked
      return ofType(frame, { typeAt: 14, from: 16 });
    case 276: // Linux cooked, version 2
      return ofType(frame, { typeAt: 0, from: 20 });
    default:
      return undefined;
  }
}

function ofEthernet(frame: Buffer): Buffer | undefined {
  let typeAt = 12;
  while (typeAt + 2 <= frame.length && VLANS.includes(frame.readUInt16BE(typeAt))) typeAt += 4;
  return ofType(frame, { typeAt, from: typeAt + 2 });
}

function ofType(
  frame: Buffer,
  { typeAt, from }: { typeAt: number; from: number },
): Buffer | undefined {
  if (frame.length < Math.max(from, typeAt + 2)) return undefined;
  const type = frame.readUInt16BE(typeAt);
  return type === IPV4 || type === IPV6 ? frame.subarray(from) : undefined;
}
