import { isIP } from 'node:net';
import {
  isStun,
  readStun,
  readXorAddress,
  STUN_ATTRIBUTES,
  STUN_METHODS,
  writeStun,
} from '@strowger/media-core';
import { type Clock, type DatagramIo, type Endpoint, type Random, within } from '@strowger/runtime';
import type { DnsResolver } from '@strowger/sip-transport';

/** When it is asked again, and when it is given up (RFC 8489 §6.2.1 has longer ones). */
const ROUNDS_MS = [500, 1000, 1500];

/** Asks a STUN server as whom it sees us (RFC 8489 §3); `undefined` where it does not answer. */
export async function askStun(
  server: Endpoint,
  { datagrams, random, clock }: { datagrams: DatagramIo; random: Random; clock: Clock },
): Promise<{ mapped: Endpoint; local: Endpoint } | undefined> {
  const transaction = random.bytes(12);
  const request = writeStun({
    kind: 'request',
    method: STUN_METHODS.binding,
    transaction,
    attributes: [],
  });
  let heard: (mapped: Endpoint) => void = () => {};
  const answered = new Promise<Endpoint>((resolve) => (heard = resolve));
  const socket = await datagrams.open({
    address: server.address.includes(':') ? '::' : '0.0.0.0',
    port: 0,
    onPacket: (packet) => {
      const mapped = readMapped(packet, transaction);
      if (mapped !== undefined) heard(mapped);
    },
  });
  try {
    for (const roundMs of ROUNDS_MS) {
      socket.send(request, server);
      const mapped = await within(answered, roundMs, clock);
      if (mapped !== undefined) return { mapped, local: socket.local };
    }
    return undefined;
  } finally {
    await socket.close();
  }
}

/** The address in a response to this very request (RFC 8489 §14.2). */
export function readMapped(packet: Uint8Array, transaction: Uint8Array): Endpoint | undefined {
  const message = isStun(packet) ? readStun(packet) : undefined;
  if (message?.kind !== 'success' || message.method !== STUN_METHODS.binding) return undefined;
  if (transaction.some((byte, at) => message.transaction[at] !== byte)) return undefined;
  return readXorAddress(message.attributes.get(STUN_ATTRIBUTES.xorMappedAddress), transaction);
}

/** Where `HOST[:PORT]` is, by IPv4 first; port 3478 by default (RFC 8489 §18.6). */
export async function locateStun(
  stun: string,
  resolver: Pick<DnsResolver, 'a' | 'aaaa'>,
): Promise<Endpoint> {
  const { hostname, port } = new URL(`stun://${stun}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const asked = isIP(host) === 0 ? [resolver.a(host), resolver.aaaa(host)] : [];
  const answers = await Promise.all(asked.map((one) => one.catch(() => ({ records: [] }))));
  const [address = host] = answers.flatMap(({ records }) => records);
  return { address, port: Number(port || 3478) };
}
