import type { Buffer } from 'node:buffer';
import type { IpPayload } from './ip-packets.ts';
import { endpoint } from './tcp-streams.ts';

/** What went one way under one SSRC. */
export interface RtpStream {
  readonly from: string;
  readonly to: string;
  readonly ssrc: string;
  readonly payloadType: number;
  readonly packets: number;
  readonly lost: number;
  /** Interarrival jitter at the end, in milliseconds (RFC 3550 §6.4.1). */
  readonly jitterMs: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Counts {
  readonly from: string;
  readonly to: string;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly firstMs: number;
  lastMs: number;
  packets: number;
  /** Extended by the number of times that it began anew. */
  highest: number;
  readonly first: number;
  transit: number;
  jitter: number;
}

const STREAMS = 1000;
/** Fewer packets in a row are something else that looks like it. */
const LEAST = 5;
/** How far a sequence number may jump. */
const JUMP = 3000;

/** Counts what looks like RTP (RFC 3550 §5.1), stream by stream. */
export class RtpStreams {
  private readonly streams = new Map<string, Counts>();

  /** Takes a datagram. */
  take({ source, destination, bytes }: IpPayload, atMs: number): void {
    const packet = bytes.subarray(8);
    if (bytes.length < 20 || !isRtp(packet)) return;
    const from = endpoint(source, bytes.readUInt16BE(0));
    const to = endpoint(destination, bytes.readUInt16BE(2));
    const [ssrc, payloadType] = [packet.readUInt32BE(8), packet.readUInt8(1) & 0x7f];
    const key = `${from}>${to}#${ssrc}`;
    const known = this.streams.get(key);
    if (known !== undefined) return count(known, packet, atMs);
    if (this.streams.size >= STREAMS) return;
    const sequence = packet.readUInt16BE(2);
    const transit = transitOf(packet, payloadType, atMs);
    const times = { firstMs: atMs, lastMs: atMs, transit, jitter: 0 };
    const numbers = { packets: 1, first: sequence, highest: sequence };
    this.streams.set(key, { from, to, ssrc, payloadType, ...times, ...numbers });
  }

  /** What was found, in the order in which it began. */
  summary(): RtpStream[] {
    return [...this.streams.values()]
      .filter(({ packets }) => packets >= LEAST)
      .map((counts) => ({
        from: counts.from,
        to: counts.to,
        ssrc: `0x${counts.ssrc.toString(16).padStart(8, '0')}`,
        payloadType: counts.payloadType,
        packets: counts.packets,
        lost: Math.max(0, counts.highest - counts.first + 1 - counts.packets),
        jitterMs: Math.round(counts.jitter * 100) / 100,
        firstMs: counts.firstMs,
        lastMs: counts.lastMs,
      }));
  }
}

function count(counts: Counts, packet: Buffer, atMs: number): void {
  const step = ((packet.readUInt16BE(2) - (counts.highest & 0xffff)) << 16) >> 16;
  if (Math.abs(step) > JUMP) return;
  counts.packets++;
  counts.highest = Math.max(counts.highest, counts.highest + step);
  counts.lastMs = atMs;
  // digits repeat the time of their beginning (RFC 4733 §2.2.1)
  if ((packet.readUInt8(1) & 0x7f) !== counts.payloadType) return;
  const transit = transitOf(packet, counts.payloadType, atMs);
  const difference = Math.abs(transit - counts.transit);
  counts.transit = transit;
  counts.jitter += (difference - counts.jitter) / 16;
}

/** Arrival less timestamp, in milliseconds. */
function transitOf(packet: Buffer, payloadType: number, atMs: number): number {
  return atMs - packet.readUInt32BE(4) / (clockRateOf(payloadType) / 1000);
}

/** Dynamic types are taken for Opus, whose clock runs at 48 kHz (RFC 7587 §4.1). */
const clockRateOf = (payloadType: number): number => (payloadType >= 96 ? 48_000 : 8000);

function isRtp(packet: Buffer): boolean {
  const [first, second] = [packet.readUInt8(0), packet.readUInt8(1)];
  // RTCP has 192 to 223 there (RFC 5761 §4)
  return first >> 6 === 2 && !(second >= 192 && second <= 223);
}
