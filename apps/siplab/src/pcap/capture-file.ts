import type { Buffer } from 'node:buffer';

/** One frame of a capture. */
export interface Frame {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** LINKTYPE of the interface, as tcpdump.org counts them. */
  readonly linkType: number;
  readonly bytes: Buffer;
}

/** A file that is no capture. */
export class CaptureError extends Error {}

/** Frames of a pcap or pcapng file; what is cut off at its end is left out. Throws `CaptureError`. */
export function* readCapture(file: Buffer): Generator<Frame> {
  if (file.length >= 24) {
    const magic = file.readUInt32BE(0);
    const classic = CLASSIC.get(magic);
    if (classic !== undefined) return yield* readClassic(file, classic);
    if (magic === SECTION_HEADER) return yield* readNextGeneration(file);
  }
  throw new CaptureError('neither pcap nor pcapng');
}

interface Classic {
  readonly isLittle: boolean;
  readonly perMs: number;
}

/** Magic numbers of pcap: byte order, and micro- or nanoseconds. */
const CLASSIC = new Map<number, Classic>([
  [0xa1b2c3d4, { isLittle: false, perMs: 1e3 }],
  [0xd4c3b2a1, { isLittle: true, perMs: 1e3 }],
  [0xa1b23c4d, { isLittle: false, perMs: 1e6 }],
  [0x4d3cb2a1, { isLittle: true, perMs: 1e6 }],
]);

function* readClassic(file: Buffer, { isLittle, perMs }: Classic): Generator<Frame> {
  const u32 = (at: number): number => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const linkType = u32(20) & 0xffff;
  let at = 24;
  while (at + 16 <= file.length) {
    const length = u32(at + 8);
    if (at + 16 + length > file.length) return;
    const atMs = u32(at) * 1000 + u32(at + 4) / perMs;
    yield { atMs, linkType, bytes: file.subarray(at + 16, at + 16 + length) };
    at += 16 + length;
  }
}

/** Block types of pcapng. */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

interface Interface {
  readonly linkType: number;
  readonly unitsPerMs: number;
}

function* readNextGeneration(file: Buffer): Generator<Frame> {
  let isLittle = true;
  let interfaces: Interface[] = [];
  const u32 = (at: number): number => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  let at = 0;
  while (at + 12 <= file.length) {
    if (file.readUInt32BE(at) === SECTION_HEADER) {
      isLittle = file.readUInt32LE(at + 8) === 0x1a2b3c4d;
      interfaces = [];
    }
    const [type, length] = [u32(at), u32(at + 4)];
    if (length < 12 || length % 4 !== 0 || at + length > file.length) return;
    const body = file.subarray(at + 8, at + length - 4);
    if (type === INTERFACE && body.length >= 8) interfaces.push(readInterface(body, isLittle));
    else {
      const frame = readPacket(type, body, { interfaces, isLittle });
      if (frame !== undefined) yield frame;
    }
    at += length;
  }
}

function readPacket(
  type: number,
  body: Buffer,
  { interfaces, isLittle }: { interfaces: readonly Interface[]; isLittle: boolean },
): Frame | undefined {
  const u32 = (at: number): number => (isLittle ? body.readUInt32LE(at) : body.readUInt32BE(at));
  if (type === SIMPLE_PACKET && body.length >= 4) {
    const known = interfaces[0];
    return known && { atMs: 0, linkType: known.linkType, bytes: body.subarray(4, 4 + u32(0)) };
  }
  if (type !== ENHANCED_PACKET || body.length < 20) return undefined;
  const known = interfaces[u32(0)];
  const length = u32(12);
  if (known === undefined || 20 + length > body.length) return undefined;
  const atMs = (u32(4) * 2 ** 32 + u32(8)) / known.unitsPerMs;
  return { atMs, linkType: known.linkType, bytes: body.subarray(20, 20 + length) };
}

const TIMESTAMP_RESOLUTION = 9;

function readInterface(body: Buffer, isLittle: boolean): Interface {
  const u16 = (at: number): number => (isLittle ? body.readUInt16LE(at) : body.readUInt16BE(at));
  let unitsPerMs = 1000;
  let at = 8;
  while (at + 4 <= body.length) {
    const [code, length] = [u16(at), u16(at + 2)];
    if (code === 0) break;
    if (code === TIMESTAMP_RESOLUTION && at + 5 <= body.length) {
      const value = body.readUInt8(at + 4);
      unitsPerMs = (value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value) / 1000;
    }
    at += 4 + ((length + 3) & ~3);
  }
  return { linkType: u16(0), unitsPerMs };
}
