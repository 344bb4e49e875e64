import { isIP, SocketAddress } from 'node:net';
import type { DatagramSocket, Endpoint, Runtime, Timer } from '@strowger/runtime';
import { type NegotiatedMedia, receives, sends } from '../sdp/index.ts';
import { Reception, type Arrival } from '../rtp/reception.ts';
import { emptyRtpHeader, isRtcp, readRtp, type RtpHeader, RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { SourceLock } from '../rtp/source-lock.ts';
import { write16, write32, writeRtpHeader } from '../rtp/rtp.ts';
import type { CoreEvent, OpenRequest } from './core-api.ts';
import { RtcpSession } from './rtcp-session.ts';

/** Who uses a session: told of packets synchronously, without a copy. */
export interface RtpSessionUser {
  /** A packet of the peer's, of an agreed payload type; it may be kept and changed. */
  onRtp(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void;
  /** Another synchronisation source speaks from now on. */
  onSourceChanged(): void;
  onEvent(event: CoreEvent): void;
}

/** Both sockets of one side of a call, its RTP and RTCP (RFC 3550). */
export class RtpSession {
  readonly ssrc: number;
  readonly cname: string;
  packetsSent = 0;
  octetsSent = 0;
  packetsReceived = 0;
  octetsReceived = 0;
  unwanted = 0;
  remoteSsrc = 0;
  reception: Reception | undefined;
  media: NegotiatedMedia | undefined;
  readonly lock: SourceLock;
  readonly rtcp: RtcpSession;
  readonly runtime: Runtime;
  private readonly request: OpenRequest;
  private readonly user: RtpSessionUser;
  private readonly header = emptyRtpHeader();
  private rtp: DatagramSocket | undefined;
  private control: DatagramSocket | undefined;
  private controlSource: Endpoint | undefined;
  private sequence: number;
  private lastTimestamp = 0;
  private lastSentAt = 0;
  private lostBefore = 0;
  private startedFrom: Endpoint | undefined;
  private heardAt = 0;
  private silence: Timer | undefined;
  private closed = false;

  constructor(runtime: Runtime, request: OpenRequest, user: RtpSessionUser) {
    this.runtime = runtime;
    this.request = request;
    this.user = user;
    this.ssrc = request.ssrc;
    this.cname = request.cname;
    this.sequence = runtime.random.uint32() & 0xffff;
    this.lock = new SourceLock(request.settings);
    const { clock, random } = runtime;
    const send = (compound: Uint8Array): void => this.sendControl(compound);
    this.rtcp = new RtcpSession({ clock, random, source: this, send });
  }

  /** Binds both ports; rejects with the system's error and leaves none bound. */
  async open(): Promise<void> {
    const { address, port } = this.request;
    const onError = (): void => {}; // a port that answers with ICMP is the peer's matter
    const { datagrams } = this.runtime;
    this.rtp = await datagrams.open({
      address,
      port,
      onError,
      onPacket: (packet, from) => this.receive(packet, from),
    });
    try {
      this.control = await datagrams.open({
        address,
        port: port + 1,
        onError,
        onPacket: (packet, from) => this.receiveControl(packet, from),
      });
    } catch (error) {
      await this.rtp.close();
      throw error;
    }
  }

  get sends(): boolean {
    return this.media !== undefined && sends(this.media.direction) && this.target !== undefined;
  }

  get receives(): boolean {
    return this.media !== undefined && receives(this.media.direction);
  }

  get clockRate(): number {
    return this.media?.send.codec.clockRate ?? 8000;
  }

  get packetsLost(): number {
    return this.lostBefore + Math.max(0, this.reception?.lost ?? 0);
  }

  /** Takes over what was negotiated. */
  configure(media: NegotiatedMedia): void {
    const remote = normalised(media.remote);
    const { clock } = this.runtime;
    this.media = { ...media, remote: { ...remote, rtcp: normalised(media.remote.rtcp) } };
    this.lock.renegotiate(remote, clock.now());
    this.controlSource = undefined;
    this.heardAt = clock.now();
    const payload = (this.clockRate * media.ptimeMs) / 1000;
    this.rtcp.start(((payload + RTP_HEADER_LENGTH + 28) * 1000) / media.ptimeMs);
    this.watchSilence();
  }

  /** Sends a packet of ours whose payload stands behind the header. */
  send(
    packet: Uint8Array,
    head: { marker: boolean; payloadType: number; timestamp: number },
  ): void {
    const { marker, payloadType, timestamp } = head;
    const { ssrc, sequence } = this;
    writeRtpHeader(packet, { marker, payloadType, timestamp, ssrc, sequence });
    this.sequence = (sequence + 1) & 0xffff;
    this.transmit(packet, timestamp, packet.length - RTP_HEADER_LENGTH);
  }

  /** Sends another's packet as one of ours, under these numbers (no copy). */
  forward(
    packet: Uint8Array,
    as: { header: RtpHeader; payloadType: number; sequence: number; timestamp: number },
  ): void {
    packet[1] = (as.header.marker ? 0x80 : 0) | as.payloadType;
    write16(packet, 2, as.sequence);
    write32(packet, 4, as.timestamp);
    write32(packet, 8, this.ssrc);
    this.transmit(packet, as.timestamp, as.header.payloadEnd - as.header.payloadStart);
  }

  /** The timestamp of ours that belongs to this moment (for reports, and where a stream resumes). */
  timestampNow(): number {
    const passed = this.runtime.clock.now() - this.lastSentAt;
    return (this.lastTimestamp + Math.round((passed * this.clockRate) / 1000)) >>> 0;
  }

  /** Says BYE and frees both ports. Idempotent. */
  async close(): Promise<void> {
    this.silence?.cancel();
    if (!this.closed) {
      this.rtcp.stop();
      this.closed = true;
      // a socket that closes at once forgets what it has not handed to the kernel: the BYE
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([this.rtp?.close(), this.control?.close()]);
  }

  private get target(): Endpoint | undefined {
    const { target } = this.lock;
    return target === undefined || isUnspecified(target.address) ? undefined : target;
  }

  private transmit(packet: Uint8Array, timestamp: number, payloadLength: number): void {
    const { target } = this;
    if (target === undefined || this.closed) return;
    this.packetsSent++;
    this.octetsSent += payloadLength;
    this.lastTimestamp = timestamp;
    this.lastSentAt = this.runtime.clock.now();
    this.rtp?.send(packet, target);
  }

  private receive(packet: Uint8Array, from: Endpoint): void {
    if (this.closed) return;
    if (isRtcp(packet)) return this.receiveControl(packet, from);
    const { header } = this;
    if (!readRtp(packet, header) || !this.isAgreed(header.payloadType) || !this.receives) {
      this.unwanted++;
      return;
    }
    const now = this.runtime.clock.now();
    if (!this.lock.admit(from, header, now)) return;
    if (header.ssrc !== this.remoteSsrc || this.reception === undefined) this.changeSource(header);
    const arrival = this.reception?.count(header.sequence) ?? 'wild';
    this.packetsReceived++;
    this.octetsReceived += header.payloadEnd - header.payloadStart;
    this.heardAt = now;
    if (this.silence?.armed !== true) this.watchSilence();
    if (from.port !== this.startedFrom?.port || from.address !== this.startedFrom.address) {
      this.tellStarted(from);
    }
    if (arrival === 'wild') return;
    // all packets of an event have one timestamp: they say nothing about jitter
    if (header.payloadType !== this.media?.telephoneEvent?.receivePayloadType) {
      this.reception?.time(header.timestamp, now);
    }
    this.user.onRtp(packet, header, arrival);
  }

  private tellStarted(from: Endpoint): void {
    const remote = { address: from.address, port: from.port };
    this.startedFrom = remote;
    this.user.onEvent({ type: 'started', remote });
  }

  private isAgreed(payloadType: number): boolean {
    const { media } = this;
    if (media === undefined) return false;
    if (media.telephoneEvent?.receivePayloadType === payloadType) return true;
    for (const format of media.receive) if (format.payloadType === payloadType) return true;
    return false;
  }

  /** An SSRC equal to ours is no collision (RFC 3550 §8.2): echoing testers send ours back. */
  private changeSource(header: RtpHeader): void {
    this.lostBefore = this.packetsLost;
    this.remoteSsrc = header.ssrc;
    this.reception = new Reception(this.clockRate, header.sequence);
    this.rtcp.forgetSender();
    this.user.onSourceChanged();
  }

  /** Reports of strangers change nothing; a BYE ends no call, signalling does. */
  private receiveControl(packet: Uint8Array, from: Endpoint): void {
    if (this.closed) return;
    if (!this.lock.admitsControl(from, this.media?.remote.rtcp)) {
      this.lock.strangers++;
      return;
    }
    if (this.rtcp.receive(packet) === 'malformed') this.unwanted++;
    else this.controlSource = from;
  }

  private sendControl(compound: Uint8Array): void {
    const { media } = this;
    const target = this.controlTarget();
    if (media === undefined || target === undefined || isUnspecified(target.address)) return;
    (media.rtcpMux ? this.rtp : this.control)?.send(compound, target);
  }

  /** Where reports come from; else as negotiated, unless RTP turned out to come from elsewhere. */
  private controlTarget(): Endpoint | undefined {
    const { media, lock } = this;
    if (media === undefined || lock.target === undefined) return undefined;
    if (media.rtcpMux) return lock.target;
    if (this.controlSource?.address === lock.target.address) return this.controlSource;
    const { address, port } = media.remote;
    if (lock.target.address === address && lock.target.port === port) return media.remote.rtcp;
    return { address: lock.target.address, port: Math.min(lock.target.port + 1, 65_535) };
  }

  /** Told once per silence: armed anew by the next packet. */
  private watchSilence(): void {
    this.silence?.cancel();
    const { clock } = this.runtime;
    const silentMs = clock.now() - this.heardAt;
    const left = this.request.settings.timeoutMs - silentMs;
    if (!this.receives || this.closed) return;
    if (left <= 0) return this.user.onEvent({ type: 'timeout', silentMs: Math.round(silentMs) });
    this.silence = clock.arm(left, () => this.watchSilence());
  }
}

/** As the sockets write addresses, so that they can be compared as text. */
function normalised({ address, port }: Endpoint): Endpoint {
  if (isIP(address) !== 6) return { address, port };
  return { address: new SocketAddress({ address, port, family: 'ipv6' }).address, port };
}

/** The old way to say hold (RFC 3264 §8.4), and never a place to send to. */
function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
