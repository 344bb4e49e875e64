import type { DatagramIo, Endpoint, Random } from '@strowger/runtime';
import { within } from './within.ts';

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const COOKIE = 0x2112a442;
const XOR_MAPPED_ADDRESS = 0x0020;
/** When it is asked again, and when it is given up (RFC 8489 §6.2.1 has longer ones). */
const ROUNDS_MS = [500, 1000, 1500];

/** Asks a STUN server as whom it sees us (RFC 8489 §3); `undefined` where it does not answer. */
export async function askStun(
  server: Endpoint,
  { datagrams, random }: { datagrams: DatagramIo; random: Random },
): Promise<{ mapped: Endpoint; local: Endpoint } | undefined> {
  const request = new DataView(new ArrayBuffer(20));
  request.setUint16(0, BINDING_REQUEST);
  request.setUint32(4, COOKIE);
  const id = random.bytes(12);
  new Uint8Array(request.buffer).set(id, 8);
  let heard: (mapped: Endpoint) => void = () => {};
  const answered = new Promise<Endpoint>((resolve) => (heard = resolve));
  const socket = await datagrams.open({
    address: server.address.includes(':') ? '::' : '0.0.0.0',
    port: 0,
    onPacket: (packet) => {
      const mapped = readMapped(packet, id);
      if (mapped !== undefined) heard(mapped);
    },
  });
  try {
    for (const roundMs of ROUNDS_MS) {
      socket.send(new Uint8Array(request.buffer), server);
      const mapped = await within(roundMs, answered);
      if (mapped !== undefined) return { mapped, local: socket.local };
    }
    return undefined;
  } finally {
    await socket.close();
  }
}

/** The address in a response to this very request (RFC 8489 §14.2), of IPv4. */
export function readMapped(bytes: Uint8Array, id: Uint8Array): Endpoint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20 || view.getUint16(0) !== BINDING_SUCCESS) return undefined;
  if (view.getUint32(4) !== COOKIE || id.some((byte, at) => bytes[8 + at] !== byte))
    return undefined;
  for (let at = 20; at + 4 <= bytes.length; ) {
    const [type, length] = [view.getUint16(at), view.getUint16(at + 2)];
    if (type === XOR_MAPPED_ADDRESS && length === 8 && at + 12 <= bytes.length) {
      const port = view.getUint16(at + 6) ^ (COOKIE >>> 16);
      const number = (view.getUint32(at + 8) ^ COOKIE) >>> 0;
      const address = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
      return { address, port };
    }
    at += 4 + ((length + 3) & ~3);
  }
  return undefined;
}
