import type { Clock, Random, Timer } from '@strowger/runtime';
import type { Reception } from '../rtp/reception.ts';
import { readRtcp, type ReportBlock, type SenderInfo, writeRtcp } from '../rtp/rtcp.ts';
import { rtcpIntervalMs } from '../rtp/rtcp-interval.ts';
import type { RtpSender } from './rtp-sender.ts';

/** Seconds between 1900 and 1970 (RFC 5905 §6). */
const NTP_EPOCH = 2_208_988_800;
/** UDP and IPv4 (RFC 3550 §6.2 counts them). */
const LOWER_HEADERS = 28;

/** What an RTCP session needs. */
export interface RtcpOptions {
  clock: Clock;
  random: Random;
  cname: string;
  /** What reports are made of. */
  session: {
    readonly sender: RtpSender;
    readonly remoteSsrc: number;
    readonly reception: Reception | undefined;
  };
  send(compound: Uint8Array): void;
}

/** Sends reports in the rhythm of RFC 3550 §6.3 and takes those of the other side. */
export class RtcpSession {
  /** The last round trip that could be measured (RFC 3550 §6.4.1). */
  roundTripMs: number | undefined;
  private readonly options: RtcpOptions;
  private readonly epoch: number;
  private timer: Timer | undefined;
  private sessionBytesPerSecond = 10_000;
  private averageBytes = 100 + LOWER_HEADERS;
  private reportedPackets = 0;
  private hasReported = false;
  private lastSenderReport = 0;
  private lastSenderReportAt = 0;

  constructor(options: RtcpOptions) {
    this.options = options;
    this.epoch = options.clock.wall() - options.clock.now();
  }

  /** Begins to report, or goes on with another bandwidth. */
  start(sessionBytesPerSecond: number): void {
    this.sessionBytesPerSecond = sessionBytesPerSecond;
    if (this.timer?.armed !== true) this.schedule();
  }

  /** Takes a compound packet; what does not hold together is ignored (RFC 3550 §A.2). */
  receive(bytes: Uint8Array): 'taken' | 'malformed' | 'bye' {
    const packets = readRtcp(bytes);
    if (packets === undefined) return 'malformed';
    this.average(bytes.length);
    let bye = false;
    for (const packet of packets) {
      if (packet.type === 'bye') bye ||= packet.ssrcs.includes(this.options.session.remoteSsrc);
      if (packet.type === 'sender') this.takeSender(packet.ssrc, packet.info);
      if (packet.type === 'sender' || packet.type === 'receiver') this.takeReports(packet.reports);
    }
    return bye ? 'bye' : 'taken';
  }

  /** The source that reports were about is another one now. */
  forgetSender(): void {
    this.lastSenderReport = 0;
  }

  /** Says BYE where anything was ever sent (RFC 3550 §6.3.7), and ends. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { sender } = this.options.session;
    if (this.hasReported || sender.packetsSent > 0) this.send(true);
  }

  private schedule(): void {
    const { session, random, clock } = this.options;
    const weSent = session.sender.packetsSent > this.reportedPackets;
    const theySend = session.reception !== undefined;
    const delay = rtcpIntervalMs({
      members: 2,
      senders: (weSent ? 1 : 0) + (theySend ? 1 : 0),
      weSent,
      sessionBytesPerSecond: this.sessionBytesPerSecond,
      averageBytes: this.averageBytes,
      initial: !this.hasReported,
      chance: random.float(),
    });
    this.timer = clock.arm(delay, () => {
      this.send(false);
      this.schedule();
    });
  }

  private send(bye: boolean): void {
    const { session, cname } = this.options;
    const { sender, reception } = session;
    const weSent = sender.packetsSent > this.reportedPackets;
    const compound = writeRtcp({
      ssrc: sender.ssrc,
      cname,
      sender: weSent ? this.senderInfo(sender) : undefined,
      reports: reception === undefined ? [] : [this.block(reception)],
      bye,
    });
    this.reportedPackets = sender.packetsSent;
    this.hasReported = true;
    this.average(compound.length);
    this.options.send(compound);
  }

  private senderInfo(sender: RtpSender): SenderInfo {
    const ntp = this.ntpMs() / 1000;
    return {
      ntpSeconds: Math.floor(ntp),
      ntpFraction: Math.floor((ntp % 1) * 2 ** 32),
      rtpTimestamp: sender.timestampNow(),
      packets: sender.packetsSent,
      octets: sender.octetsSent,
    };
  }

  private block(reception: Reception): ReportBlock {
    const since = this.options.clock.now() - this.lastSenderReportAt;
    return {
      ssrc: this.options.session.remoteSsrc,
      ...reception.report(),
      lastSenderReport: this.lastSenderReport,
      delaySinceLast: this.lastSenderReport === 0 ? 0 : Math.round((since * 65_536) / 1000),
    };
  }

  private takeSender(ssrc: number, info: SenderInfo): void {
    if (ssrc !== this.options.session.remoteSsrc) return;
    this.lastSenderReport = ((info.ntpSeconds << 16) | (info.ntpFraction >>> 16)) >>> 0;
    this.lastSenderReportAt = this.options.clock.now();
  }

  /** Now less the report's own time less the delay there, all in 1/65536 s (RFC 3550 §6.4.1). */
  private takeReports(reports: readonly ReportBlock[]): void {
    for (const report of reports) {
      if (report.ssrc !== this.options.session.sender.ssrc || report.lastSenderReport === 0)
        continue;
      const now = Math.round((this.ntpMs() * 65_536) / 1000) % 2 ** 32;
      const units = (now - report.lastSenderReport - report.delaySinceLast) | 0;
      // a minute is no round trip: a lie or a clock that was set
      if (units < 60 * 65_536) this.roundTripMs = Math.max(0, (units * 1000) / 65_536);
    }
  }

  private ntpMs(): number {
    return this.epoch + this.options.clock.now() + NTP_EPOCH * 1000;
  }

  /** RFC 3550 §6.3.3. */
  private average(bytes: number): void {
    this.averageBytes += (bytes + LOWER_HEADERS - this.averageBytes) / 16;
  }
}
