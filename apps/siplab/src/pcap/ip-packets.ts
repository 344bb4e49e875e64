import { Buffer } from 'node:buffer';

/** What an IP packet carries. */
export interface IpPayload {
  readonly source: string;
  readonly destination: string;
  /** 6 is TCP, 17 is UDP. */
  readonly protocol: number;
  readonly bytes: Buffer;
}

/** One packet or a part of it. */
interface Part extends IpPayload {
  readonly fragment?: { readonly id: string; readonly offset: number; readonly isLast: boolean };
}

/** Packets of which parts are missing; the oldest is given up first. */
const UNFINISHED = 64;
const MAX_PARTS = 64;

/** Reads IPv4 and IPv6, and puts fragments together, in whatever order they come. */
export class IpPackets {
  private readonly unfinished = new Map<string, Part[]>();

  /** What a packet carries; nothing for broken ones, and for parts of one that is not whole. */
  take(packet: Buffer): IpPayload | undefined {
    const part = read(packet);
    if (part?.fragment === undefined) return part;
    const { id } = part.fragment;
    const parts = [...(this.unfinished.get(id) ?? []), part];
    const whole = join(parts);
    this.unfinished.delete(id);
    if (whole !== undefined) return { ...part, bytes: whole };
    if (parts.length < MAX_PARTS) this.unfinished.set(id, parts);
    if (this.unfinished.size > UNFINISHED) {
      this.unfinished.delete(this.unfinished.keys().next().value ?? '');
    }
    return undefined;
  }
}

function join(parts: readonly Part[]): Buffer | undefined {
  const sorted = parts.toSorted((one, other) => offsetOf(one) - offsetOf(other));
  let end = 0;
  for (const part of sorted) {
    if (offsetOf(part) > end) return undefined;
    end = Math.max(end, offsetOf(part) + part.bytes.length);
  }
  if (sorted.at(-1)?.fragment?.isLast !== true) return undefined;
  const whole = Buffer.alloc(end);
  for (const part of sorted) part.bytes.copy(whole, offsetOf(part));
  return whole;
}

const offsetOf = ({ fragment }: Part): number => fragment?.offset ?? 0;

function read(packet: Buffer): Part | undefined {
  const version = packet.length === 0 ? 0 : packet.readUInt8(0) >> 4;
  if (version === 4 && packet.length >= 20) return readV4(packet);
  return version === 6 && packet.length >= 40 ? readV6(packet) : undefined;
}

function readV4(packet: Buffer): Part | undefined {
  const headerBytes = (packet.readUInt8(0) & 15) * 4;
  // 0 where the network card was to fill it in
  const total = packet.readUInt16BE(2) || packet.length;
  if (headerBytes < 20 || total < headerBytes) return undefined;
  const flags = packet.readUInt16BE(6);
  const [source, destination] = [12, 16].map((at) => packet.subarray(at, at + 4).join('.'));
  const whole: Part = {
    source: source ?? '',
    destination: destination ?? '',
    protocol: packet.readUInt8(9),
    bytes: packet.subarray(headerBytes, total),
  };
  const [offset, isLast] = [(flags & 0x1fff) * 8, (flags & 0x2000) === 0];
  if (offset === 0 && isLast) return whole;
  const id = `${source}>${destination}#${packet.readUInt16BE(4)}`;
  return { ...whole, fragment: { id, offset, isLast } };
}

/** Extension headers that are passed over: hop by hop, routing, destination options. */
const PASSED = [0, 43, 60];
const FRAGMENT = 44;

function readV6(packet: Buffer): Part | undefined {
  const [source, destination] = [8, 24].map((at) => formatV6(packet.subarray(at, at + 16)));
  const ends = { source: source ?? '', destination: destination ?? '' };
  const end = Math.min(packet.length, 40 + (packet.readUInt16BE(4) || packet.length));
  let protocol = packet.readUInt8(6);
  let at = 40;
  let fragment: Part['fragment'];
  while (PASSED.includes(protocol) || protocol === FRAGMENT) {
    if (at + 8 > end) return undefined;
    if (protocol === FRAGMENT) {
      const field = packet.readUInt16BE(at + 2);
      const id = `${source}>${destination}#${packet.readUInt32BE(at + 4)}`;
      fragment = { id, offset: field & 0xfff8, isLast: (field & 1) === 0 };
    }
    const length = protocol === FRAGMENT ? 8 : 8 + packet.readUInt8(at + 1) * 8;
    protocol = packet.readUInt8(at);
    at += length;
  }
  if (at > end) return undefined;
  const whole = { ...ends, protocol, bytes: packet.subarray(at, end) };
  return fragment === undefined ? whole : { ...whole, fragment };
}

/** The address as RFC 5952 writes it. */
function formatV6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    bytes.readUInt16BE(index * 2).toString(16),
  );
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === '0') length++;
    if (length > best.length) best = { from, length };
  }
  if (best.from < 0) return groups.join(':');
  const [before, after] = [groups.slice(0, best.from), groups.slice(best.from + best.length)];
  return `${before.join(':')}::${after.join(':')}`;
}
