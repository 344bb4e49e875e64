import type { Buffer } from 'node:buffer';
import { hostPort } from '../host-port.ts';
import type { IpPayload } from './ip-packets.ts';

/** A segment, between two ends. */
export interface Segment {
  readonly from: string;
  readonly to: string;
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly bytes: Buffer;
}

/** Streams in one direction that are followed, and segments of each that wait for an earlier one. */
const STREAMS = 4096;
const WAITING = 256;

interface Stream {
  next: number;
  readonly waiting: Map<number, Buffer>;
}

/** Reads a TCP segment. */
export function readSegment({ source, destination, bytes }: IpPayload): Segment | undefined {
  if (bytes.length < 20) return undefined;
  const headerBytes = (bytes.readUInt8(12) >> 4) * 4;
  if (headerBytes < 20 || headerBytes > bytes.length) return undefined;
  return {
    from: hostPort(source, bytes.readUInt16BE(0)),
    to: hostPort(destination, bytes.readUInt16BE(2)),
    sequence: bytes.readUInt32BE(4),
    isSyn: (bytes.readUInt8(13) & 2) !== 0,
    bytes: bytes.subarray(headerBytes),
  };
}

/**
 * Gives the bytes of each direction in order, once: what was sent again is dropped, what came early
 * waits. Where too much waits, the part that is missing was not captured, and is passed over.
 */
export class TcpStreams {
  private readonly streams = new Map<string, Stream>();

  /** What can be read now; `isNew` where it begins in the middle, or after something that is missing. */
  take({ from, to, sequence, isSyn, bytes }: Segment): { pieces: Buffer[]; isNew: boolean } {
    const key = `${from}>${to}`;
    const begins = isSyn ? (sequence + 1) >>> 0 : sequence;
    let stream = this.streams.get(key);
    const isNew = stream === undefined || isSyn;
    if (stream === undefined || isSyn) stream = this.open(key, begins);
    const pieces: Buffer[] = [];
    add(stream, begins, bytes);
    drain(stream, pieces);
    if (stream.waiting.size <= WAITING) return { pieces, isNew };
    stream.next =
      [...stream.waiting.keys()].toSorted((a, b) => ahead(a, begins) - ahead(b, begins))[0] ?? 0;
    drain(stream, pieces);
    return { pieces, isNew: true };
  }

  private open(key: string, next: number): Stream {
    const stream = { next, waiting: new Map<number, Buffer>() };
    this.streams.delete(key);
    this.streams.set(key, stream);
    if (this.streams.size > STREAMS) this.streams.delete(this.streams.keys().next().value ?? '');
    return stream;
  }
}

/** How far one sequence number lies ahead of another, negative where it lies behind (RFC 9293 §3.4). */
const ahead = (one: number, other: number): number => (one - other) | 0;

function add({ next, waiting }: Stream, sequence: number, bytes: Buffer): void {
  const known = ahead(next, sequence);
  const rest = known > 0 ? bytes.subarray(known) : bytes;
  if (rest.length === 0) return;
  const at = known > 0 ? next : sequence;
  const before = waiting.get(at);
  if (before === undefined || before.length < rest.length) waiting.set(at, rest);
}

function drain(stream: Stream, pieces: Buffer[]): void {
  for (;;) {
    const piece = stream.waiting.get(stream.next);
    if (piece === undefined) return;
    stream.waiting.delete(stream.next);
    stream.next = (stream.next + piece.length) >>> 0;
    pieces.push(piece);
    overlap(stream);
  }
}

/** What waits and begins before the end of what was read loses that part. */
function overlap(stream: Stream): void {
  for (const [sequence, bytes] of stream.waiting) {
    if (ahead(stream.next, sequence) <= 0) continue;
    stream.waiting.delete(sequence);
    add(stream, sequence, bytes);
  }
}
