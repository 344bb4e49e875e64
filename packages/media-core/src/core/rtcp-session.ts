import type { Clock, Random, Timer } from '@strowger/runtime';
import type { QualityMetrics } from '../quality/quality-metrics.ts';
import { type ReportedBuffer, voipReport } from '../quality/voip-report.ts';
import type { Reception } from '../rtp/reception.ts';
import {
  readRtcp,
  type ReportBlock,
  type RtcpPacket,
  type SenderInfo,
  writeRtcp,
} from '../rtp/rtcp.ts';
import { rtcpIntervalMs } from '../rtp/rtcp-interval.ts';
import type { VoipMetrics } from '../rtp/voip-metrics.ts';
import { Activity } from './rtcp-activity.ts';
import type { RtpSender } from './rtp-sender.ts';

/** Seconds between 1900 and 1970 (RFC 5905 §6). */
const NTP_EPOCH = 2_208_988_800;
/** Of some seconds: sessions of a thread report together. */
const SLACK_MS = 5;
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
    readonly quality: { readonly whole: QualityMetrics | undefined };
    readonly buffer: ReportedBuffer | undefined;
    /** Counts what has come and gone and was not told yet. */
    catchUp(): void;
  };
  send(compound: Uint8Array): void;
}

/** What was negotiated for RTCP. */
export interface RtcpAgreement {
  /** Of the whole session. */
  readonly sessionBytesPerSecond: number;
  /** Packets that do not begin with a report are taken (RFC 5506). */
  readonly reducedSize: boolean;
  /** The other side asked for VoIP metrics (RFC 3611 §5). */
  readonly sendsVoipMetrics: boolean;
}

/** Sends reports in the rhythm of RFC 3550 §6.3 and takes those of the other side. */
export class RtcpSession {
  /** The last round trip that could be measured (RFC 3550 §6.4.1). */
  roundTripMs: number | undefined;
  /** What the other side said last of how it hears us (RFC 3611 §4.7). */
  peerMetrics: VoipMetrics | undefined;
  private readonly options: RtcpOptions;
  private readonly epoch: number;
  private agreement: RtcpAgreement = {
    sessionBytesPerSecond: 10_000,
    reducedSize: false,
    sendsVoipMetrics: false,
  };
  private timer: Timer | undefined;
  private reportedAt = 0;
  private averageBytes = 100 + LOWER_HEADERS;
  private readonly sent = new Activity();
  private readonly heard = new Activity();
  private hasReported = false;
  private lastSenderReport = 0;
  private lastSenderReportAt = 0;

  constructor(options: RtcpOptions) {
    this.options = options;
    this.epoch = options.clock.wall() - options.clock.now();
  }

  /** Begins to report, or goes on as it was agreed anew. */
  start(agreement: RtcpAgreement): void {
    this.agreement = agreement;
    if (this.timer?.armed === true) return;
    this.reportedAt = this.options.clock.now();
    this.schedule(this.interval());
  }

  /**
   * Takes a compound packet; what does not hold together is ignored (RFC 3550 §A.2). `collision`:
   * its author has our SSRC.
   */
  receive(bytes: Uint8Array): 'taken' | 'malformed' | 'bye' | 'collision' {
    const packets = readRtcp(bytes, this.agreement);
    if (packets === undefined) return 'malformed';
    this.average(bytes.length);
    const { remoteSsrc, sender } = this.options.session;
    let outcome: 'taken' | 'bye' | 'collision' = 'taken';
    for (const packet of packets) {
      this.take(packet);
      if (packet.type === 'bye' && packet.ssrcs.includes(remoteSsrc)) outcome = 'bye';
      if ('ssrc' in packet && packet.ssrc === sender.ssrc) outcome = 'collision';
    }
    return outcome;
  }

  /** The source that reports were about is another one now. */
  forgetSender(): void {
    this.lastSenderReport = 0;
    this.heard.forget();
  }

  /** Says BYE for the SSRC that we have had until now; reports go on under the next. */
  leave(): void {
    const { sender } = this.options.session;
    if (this.hasReported || sender.packetsSent > 0) this.send(true);
    this.roundTripMs = undefined;
    this.peerMetrics = undefined;
  }

  /** Says BYE where anything was ever sent (RFC 3550 §6.3.7), and ends. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { sender } = this.options.session;
    if (this.hasReported || sender.packetsSent > 0) this.send(true);
  }

  private take(packet: RtcpPacket): void {
    switch (packet.type) {
      case 'sender':
        this.takeSender(packet.ssrc, packet.info);
        return this.takeReports(packet.reports);
      case 'receiver':
        return this.takeReports(packet.reports);
      case 'voipMetrics':
        if (packet.metrics.ssrc === this.options.session.sender.ssrc) {
          this.peerMetrics = packet.metrics;
        }
        return;
      case 'cname':
      case 'bye':
        return;
      default:
        packet satisfies never;
    }
  }

  private interval(): number {
    const { session, random } = this.options;
    const weSent = this.sent.isActive(session.sender.packetsSent);
    const theySend = this.heard.isActive(session.reception?.received ?? 0);
    return rtcpIntervalMs({
      members: 2,
      senders: (weSent ? 1 : 0) + (theySend ? 1 : 0),
      weSent,
      sessionBytesPerSecond: this.agreement.sessionBytesPerSecond,
      averageBytes: this.averageBytes,
      initial: !this.hasReported,
      chance: random.float(),
    });
  }

  private schedule(delayMs: number): void {
    this.timer = this.options.clock.arm(delayMs, () => this.reconsider(), SLACK_MS);
  }

  /** When the time has come, it is drawn anew from what is true by now (RFC 3550 §6.3.6). */
  private reconsider(): void {
    const left = this.reportedAt + this.interval() - this.options.clock.now();
    if (left > 0) return this.schedule(left);
    this.send(false);
    this.reportedAt = this.options.clock.now();
    this.schedule(this.interval());
  }

  private send(bye: boolean): void {
    const { session, cname } = this.options;
    session.catchUp();
    const { sender, reception } = session;
    const weSent = this.sent.isActive(sender.packetsSent);
    // only of sources that were heard since the report before (RFC 3550 §6.4)
    const isHeard = this.heard.isNew(reception?.received ?? 0);
    const compound = writeRtcp({
      ssrc: sender.ssrc,
      cname,
      sender: weSent ? this.senderInfo(sender) : undefined,
      reports: reception === undefined || !isHeard ? [] : [this.block(reception)],
      voipMetrics: isHeard ? this.voipMetrics() : [],
      bye,
    });
    this.sent.reported(sender.packetsSent);
    this.heard.reported(reception?.received ?? 0);
    this.hasReported = true;
    this.average(compound.length);
    this.options.send(compound);
  }

  private voipMetrics(): VoipMetrics[] {
    const { session } = this.options;
    const metrics = this.agreement.sendsVoipMetrics ? session.quality.whole : undefined;
    if (metrics === undefined) return [];
    return [voipReport(session.remoteSsrc, metrics, session.buffer)];
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
