import type { ReceptionReport } from './reception.ts';
import { read16, read32, write16, write32 } from './rtp.ts';
import {
  readVoipMetrics,
  VOIP_METRICS,
  VOIP_METRICS_LENGTH,
  type VoipMetrics,
  writeVoipMetrics,
} from './voip-metrics.ts';

const SR = 200;
const RR = 201;
const SDES = 202;
const BYE = 203;
const XR = 207;
const LAST_TYPE = 223;
const CNAME = 1;
const REPORT_LENGTH = 24;

/** A report block on one source (RFC 3550 §6.4.1). */
export interface ReportBlock extends ReceptionReport {
  /** The source that is reported on. */
  ssrc: number;
  /** Middle 32 bits of the NTP time of the last sender report of that source; 0 for none. */
  lastSenderReport: number;
  /** Since that report came, in 1/65536 s. */
  delaySinceLast: number;
}

/** What a sender says of itself (RFC 3550 §6.4.1). */
export interface SenderInfo {
  /** NTP time: seconds since 1900 with fraction, as two words. */
  ntpSeconds: number;
  ntpFraction: number;
  rtpTimestamp: number;
  packets: number;
  octets: number;
}

/** A packet of a compound that is understood; others are skipped (RFC 3550 §6.1). */
export type RtcpPacket =
  | { type: 'sender'; ssrc: number; info: SenderInfo; reports: ReportBlock[] }
  | { type: 'receiver'; ssrc: number; reports: ReportBlock[] }
  | { type: 'cname'; ssrc: number; cname: string }
  | { type: 'bye'; ssrcs: number[] }
  /** A VoIP metrics block of an extended report by `ssrc` (RFC 3611 §4.7). */
  | { type: 'voipMetrics'; ssrc: number; metrics: VoipMetrics };

/**
 * Reads a compound packet. `undefined` where it is none by the checks of RFC 3550 §A.2: it has to
 * begin with a report, unless `reducedSize` was agreed (RFC 5506), and its lengths have to add up.
 */
export function readRtcp(
  bytes: Uint8Array,
  { reducedSize = false }: { reducedSize?: boolean } = {},
): RtcpPacket[] | undefined {
  if (bytes.length < (reducedSize ? 4 : 8)) return undefined;
  const [first = 0, type = 0] = bytes;
  // a padding bit on the first packet of a compound is refused by §A.2
  if ((first & 0xe0) !== 0x80 && !(reducedSize && first >> 6 === 2)) return undefined;
  if (reducedSize ? type < SR || type > LAST_TYPE : type !== SR && type !== RR) return undefined;
  const packets: RtcpPacket[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length || (bytes[at] ?? 0) >> 6 !== 2) return undefined;
    const end = at + 4 + 4 * read16(bytes, at + 2);
    if (end > bytes.length) return undefined;
    if (!readOne(bytes.subarray(at, end), packets)) return undefined;
    at = end;
  }
  return packets;
}

/** Appends what one packet of the compound says; `false` where its counts exceed its length. */
function readOne(bytes: Uint8Array, packets: RtcpPacket[]): boolean {
  const count = (bytes[0] ?? 0) & 0x1f;
  switch (bytes[1]) {
    case SR: {
      if (bytes.length < 28 + count * REPORT_LENGTH) return false;
      const reports = readReports(bytes, 28, count);
      packets.push({
        type: 'sender',
        ssrc: read32(bytes, 4),
        info: readSenderInfo(bytes),
        reports,
      });
      return true;
    }
    case RR: {
      if (bytes.length < 8 + count * REPORT_LENGTH) return false;
      const reports = readReports(bytes, 8, count);
      packets.push({ type: 'receiver', ssrc: read32(bytes, 4), reports });
      return true;
    }
    case SDES:
      return readDescription(bytes, count, packets);
    case BYE: {
      if (bytes.length < 4 + 4 * count) return false;
      const ssrcs = Array.from({ length: count }, (_, index) => read32(bytes, 4 + 4 * index));
      packets.push({ type: 'bye', ssrcs });
      return true;
    }
    case XR:
      return bytes.length >= 8 && readExtended(bytes, packets);
    default:
      return true; // APP and feedback are not ours to read
  }
}

function readSenderInfo(bytes: Uint8Array): SenderInfo {
  return {
    ntpSeconds: read32(bytes, 8),
    ntpFraction: read32(bytes, 12),
    rtpTimestamp: read32(bytes, 16),
    packets: read32(bytes, 20),
    octets: read32(bytes, 24),
  };
}

function readReports(bytes: Uint8Array, start: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * REPORT_LENGTH;
    return {
      ssrc: read32(bytes, at),
      fractionLost: bytes[at + 4] ?? 0,
      cumulativeLost: (read32(bytes, at + 4) << 8) >> 8,
      highestSequence: read32(bytes, at + 8),
      jitter: read32(bytes, at + 12),
      lastSenderReport: read32(bytes, at + 16),
      delaySinceLast: read32(bytes, at + 20),
    };
  });
}

/** The chunks of a source description (RFC 3550 §6.5): of the items only the name is kept. */
function readDescription(bytes: Uint8Array, count: number, packets: RtcpPacket[]): boolean {
  let at = 4;
  for (let chunk = 0; chunk < count; chunk++) {
    if (at + 4 > bytes.length) return false;
    const ssrc = read32(bytes, at);
    at += 4;
    while (at < bytes.length && bytes[at] !== 0) {
      const end = at + 2 + (bytes[at + 1] ?? 0);
      if (end > bytes.length) return false;
      if (bytes[at] === CNAME) {
        const cname = new TextDecoder().decode(bytes.subarray(at + 2, end));
        packets.push({ type: 'cname', ssrc, cname });
      }
      at = end;
    }
    at = (at + 4) & ~3; // one to four zero bytes end the list
  }
  return true;
}

/** The blocks of an extended report (RFC 3611 §3): those that are not understood are skipped. */
function readExtended(bytes: Uint8Array, packets: RtcpPacket[]): boolean {
  for (let at = 8; at < bytes.length; ) {
    const end = at + 4 + 4 * read16(bytes, at + 2);
    if (end > bytes.length) return false;
    if (bytes[at] === VOIP_METRICS && end - at === VOIP_METRICS_LENGTH) {
      const metrics = readVoipMetrics(bytes.subarray(at, end));
      packets.push({ type: 'voipMetrics', ssrc: read32(bytes, 4), metrics });
    }
    at = end;
  }
  return true;
}

/** What goes into a compound packet of ours. */
export interface RtcpReport {
  ssrc: number;
  /** At most 255 bytes of UTF-8. */
  cname: string;
  /** Present where we sent RTP since the report before: then it is a sender report. */
  sender?: SenderInfo | undefined;
  /** At most 31. */
  reports: readonly ReportBlock[];
  /** Goes into an extended report, which is left out without any. */
  voipMetrics?: readonly VoipMetrics[];
  bye?: boolean;
}

/**
 * A compound of SR or RR, SDES with the CNAME, XR where there are metrics (RFC 3611 §2) and, at the
 * end, BYE (RFC 3550 §6.1).
 */
export function writeRtcp(report: RtcpReport): Uint8Array {
  const cname = new TextEncoder().encode(report.cname).subarray(0, 255);
  const head = report.sender === undefined ? 8 : 28;
  const described = (8 + 2 + cname.length + 4) & ~3;
  const metrics = report.voipMetrics ?? [];
  const extended = metrics.length === 0 ? 0 : 8 + metrics.length * VOIP_METRICS_LENGTH;
  const reports = report.reports.length * REPORT_LENGTH;
  const length = head + reports + described + extended + (report.bye ? 8 : 0);
  const bytes = new Uint8Array(length);
  let at = writeReport(bytes, report, head);
  writeHead(bytes.subarray(at, at + described), 1, SDES);
  write32(bytes, at + 4, report.ssrc);
  bytes[at + 8] = CNAME;
  bytes[at + 9] = cname.length;
  bytes.set(cname, at + 10);
  at += described;
  if (extended > 0) {
    writeHead(bytes.subarray(at, at + extended), 0, XR);
    write32(bytes, at + 4, report.ssrc);
    for (const [index, one] of metrics.entries()) {
      writeVoipMetrics(bytes, at + 8 + index * VOIP_METRICS_LENGTH, one);
    }
    at += extended;
  }
  if (report.bye) {
    writeHead(bytes.subarray(at), 1, BYE);
    write32(bytes, at + 4, report.ssrc);
  }
  return bytes;
}

function writeReport(bytes: Uint8Array, report: RtcpReport, head: number): number {
  const end = head + report.reports.length * REPORT_LENGTH;
  const type = report.sender === undefined ? RR : SR;
  writeHead(bytes.subarray(0, end), report.reports.length, type);
  write32(bytes, 4, report.ssrc);
  if (report.sender !== undefined) {
    write32(bytes, 8, report.sender.ntpSeconds);
    write32(bytes, 12, report.sender.ntpFraction);
    write32(bytes, 16, report.sender.rtpTimestamp);
    write32(bytes, 20, report.sender.packets);
    write32(bytes, 24, report.sender.octets);
  }
  report.reports.forEach((block, index) => {
    const at = head + index * REPORT_LENGTH;
    write32(bytes, at, block.ssrc);
    write32(bytes, at + 4, block.cumulativeLost & 0xffffff);
    bytes[at + 4] = block.fractionLost;
    write32(bytes, at + 8, block.highestSequence);
    write32(bytes, at + 12, block.jitter);
    write32(bytes, at + 16, block.lastSenderReport);
    write32(bytes, at + 20, block.delaySinceLast);
  });
  return end;
}

function writeHead(packet: Uint8Array, count: number, type: number): void {
  packet[0] = 0x80 | count;
  packet[1] = type;
  write16(packet, 2, packet.length / 4 - 1);
}
