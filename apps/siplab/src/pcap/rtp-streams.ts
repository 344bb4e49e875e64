import { emptyRtpHeader, isRtcp, readRtp, Reception, type RtpHeader } from '@strowger/media-core';
import { hostPort } from '../host-port.ts';
import type { IpPayload } from './ip-packets.ts';

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

interface Stream {
  readonly from: string;
  readonly to: string;
  readonly ssrc: number;
  /** Of the first packet; what has another one, such as digits, is not timed. */
  readonly payloadType: number;
  readonly reception: Reception;
  readonly firstMs: number;
  lastMs: number;
  /** Before the source began anew. */
  earlier: { readonly packets: number; readonly lost: number };
}

const UDP_HEADER = 8;
const STREAMS = 1000;
/** Fewer packets in a row are something else that looks like it. */
const LEAST = 5;

/** Counts what looks like RTP (RFC 3550 §5.1), stream by stream. */
export class RtpStreams {
  private readonly streams = new Map<string, Stream>();
  private readonly header = emptyRtpHeader();

  /** Takes a datagram. */
  take({ source, destination, bytes }: IpPayload, atMs: number): void {
    const packet = bytes.subarray(UDP_HEADER);
    const { header } = this;
    if (isRtcp(packet) || !readRtp(packet, header)) return;
    const from = hostPort(source, bytes.readUInt16BE(0));
    const to = hostPort(destination, bytes.readUInt16BE(2));
    const { ssrc, payloadType } = header;
    const key = `${from}>${to}#${ssrc}`;
    const known = this.streams.get(key);
    if (known !== undefined) return count(known, header, atMs);
    if (this.streams.size >= STREAMS) return;
    const stream: Stream = {
      from,
      to,
      ssrc,
      payloadType,
      reception: new Reception(clockRateOf(payloadType), header.sequence),
      firstMs: atMs,
      lastMs: atMs,
      earlier: { packets: 0, lost: 0 },
    };
    this.streams.set(key, stream);
    count(stream, header, atMs);
  }

  /** What was found, in the order in which it began. */
  summary(): RtpStream[] {
    return [...this.streams.values()].map(summed).filter(({ packets }) => packets >= LEAST);
  }
}

function count(stream: Stream, header: RtpHeader, atMs: number): void {
  const { reception } = stream;
  const before = soFar(stream);
  const arrival = reception.count(header.sequence);
  if (arrival === 'wild') return;
  if (arrival === 'restarted') stream.earlier = before;
  stream.lastMs = atMs;
  // digits repeat the time of their beginning (RFC 4733 §2.2.1)
  if (header.payloadType === stream.payloadType) reception.time(header.timestamp, atMs);
}

function soFar({ reception, earlier }: Stream): Stream['earlier'] {
  return {
    packets: earlier.packets + reception.received,
    lost: earlier.lost + Math.max(0, reception.lost),
  };
}

function summed(stream: Stream): RtpStream {
  const { from, to, ssrc, payloadType, firstMs, lastMs } = stream;
  return {
    from,
    to,
    ssrc: `0x${ssrc.toString(16).padStart(8, '0')}`,
    payloadType,
    ...soFar(stream),
    jitterMs: Math.round(stream.reception.jitterMs * 100) / 100,
    firstMs,
    lastMs,
  };
}

/** Dynamic types are taken for Opus, whose clock runs at 48 kHz (RFC 7587 §4.1). */
const clockRateOf = (payloadType: number): number => (payloadType >= 96 ? 48_000 : 8000);
