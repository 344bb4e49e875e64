import type { DatagramSocket, Endpoint, Runtime } from '@strowger/runtime';
import type { CodecDescription, NegotiatedMedia } from '../sdp/index.ts';
import { isVoice } from '../sdp/codec.ts';
import { type Arrival, Reception } from '../rtp/reception.ts';
import { emptyRtpHeader, isRtcp, readRtp, type RtpHeader, RTP_HEADER_LENGTH } from '../rtp/rtp.ts';
import { SourceLock } from '../rtp/source-lock.ts';
import { SsrcCollisions } from '../rtp/ssrc-collisions.ts';
import type { ReportedBuffer } from '../quality/voip-report.ts';
import type { StreamNow } from '../quality/quality-monitor.ts';
import type { PacketSigner } from '../srtp/index.ts';
import { type AgreedMedia, agreedMedia } from './agreed-media.ts';
import type { CoreEvent, OpenRequest, StreamSettings } from './core-api.ts';
import { MediaProtection } from './media-protection.ts';
import { PacketListeners } from './packet-tap.ts';
import type { CountedPacket, FastPath } from './fast-path.ts';
import { IntrusionWatch } from './intrusion-watch.ts';
import { MediaTimeout } from './media-timeout.ts';
import { isNoRtp, MediaTransport } from './media-transport.ts';
import { UnheardPeer } from './unheard-peer.ts';
import { QualityReporter } from './quality-reporter.ts';
import { RtcpSession } from './rtcp-session.ts';
import { RtpSender } from './rtp-sender.ts';

/** Of the packet under way: one is seen through before the next. */
const header = emptyRtpHeader();

/** Who uses a session: told of packets synchronously, without a copy. */
export interface RtpSessionUser {
  /** The jitter buffer; absent where packets are not played. */
  readonly buffer: ReportedBuffer | undefined;
  /** A packet of the peer's with audio; it may be kept and changed. */
  onAudio(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void;
  /** The same with a telephone event. */
  onTelephoneEvent(packet: Uint8Array, header: RtpHeader, arrival: Arrival): void;
  /** Another synchronisation source speaks from now on. */
  onSourceChanged(): void;
  onEvent(event: CoreEvent): void;
}

/** What a session is made of. */
export interface RtpSessionParts {
  readonly runtime: Runtime;
  readonly request: OpenRequest;
  /** Of the thread that it runs in. */
  readonly signer: PacketSigner;
}

/** One side's way to its peer. */
interface PlainEnd {
  readonly socket: DatagramSocket;
  readonly remote: Endpoint;
}

/** Both sockets of one side of a call, its RTP and RTCP (RFC 3550). */
export class RtpSession {
  packetsReceived = 0;
  octetsReceived = 0;
  unwanted = 0;
  remoteSsrc = 0;
  /** Of the telephone event that came last, in Hz. */
  eventRate = 8000;
  reception: Reception | undefined;
  agreed: AgreedMedia | undefined;
  readonly lock: SourceLock;
  readonly protection: MediaProtection;
  readonly transport: MediaTransport;
  readonly sender: RtpSender;
  readonly rtcp: RtcpSession;
  readonly quality: QualityReporter;
  readonly runtime: Runtime;
  /** Who hears what comes in, and what goes out, beside the user. */
  readonly received = new PacketListeners(() => this.incoming?.end());
  readonly sent = new PacketListeners(() => this.outgoing?.end());
  /** Past whom the packets go that come here, and those that leave here, where nobody looks at them. */
  incoming: FastPath | undefined;
  outgoing: FastPath | undefined;
  private readonly request: OpenRequest;
  private readonly user: RtpSessionUser;
  private rtp: DatagramSocket | undefined;
  private control: DatagramSocket | undefined;
  private controlSource: Endpoint | undefined;
  private lostBefore = 0;
  /** The codec of the voice that came last. */
  private heard: CodecDescription | undefined;
  private startedFrom: Endpoint | undefined;
  private readonly unheard: UnheardPeer;
  private readonly timeout: MediaTimeout;
  private readonly collisions = new SsrcCollisions();
  private closed = false;

  constructor({ runtime, request, signer }: RtpSessionParts, user: RtpSessionUser) {
    this.runtime = runtime;
    this.protection = new MediaProtection(signer, runtime.clock);
    this.request = request;
    this.user = user;
    this.lock = new SourceLock(request.settings);
    this.transport = new MediaTransport({
      runtime,
      lock: this.lock,
      protection: this.protection,
      identity: request.identity,
      onRelayed: (packet, from) => this.receive(packet, from),
      tell: (event) => user.onEvent(event),
    });
    this.unheard = new UnheardPeer(request.settings.timeoutMs);
    const { clock, random } = runtime;
    const { ssrc, cname } = request;
    this.sender = new RtpSender({
      ssrc,
      clock,
      random,
      clockRate: () => this.clockRate,
      rateOf: (payloadType) => this.sentRate(payloadType),
      catchUp: () => this.outgoing?.catchUp(),
      interrupt: () => this.outgoing?.end(),
      transmit: (packet) => this.transmit(packet),
    });
    const send = (compound: Uint8Array): void => this.sendControl(compound);
    this.rtcp = new RtcpSession({ clock, random, cname, send, session: this });
    const { settings, quality } = request;
    const tell = (event: CoreEvent): void => user.onEvent(event);
    const watch = new IntrusionWatch(clock, (intrusion) =>
      tell({ type: 'intrusion', ...intrusion }),
    );
    this.protection.onUnauthentic = (isReplay) => watch.note(isReplay);
    this.quality = new QualityReporter({
      clock,
      settings: quality,
      now: () => this.streamNow,
      catchUp: () => this.incoming?.catchUp(),
      tell,
    });
    const { initialTimeoutMs, timeoutMs } = settings;
    this.timeout = new MediaTimeout({
      clock,
      initialTimeoutMs,
      timeoutMs,
      catchUp: () => this.incoming?.catchUp(),
      tell: (silence) => tell({ type: 'timeout', ...silence }),
    });
  }

  /** Binds both ports; rejects with the system's error and leaves none bound. */
  async bind({ address, port }: Endpoint): Promise<void> {
    const { datagrams } = this.runtime;
    // without `onError`: what becomes of a packet that left is the peer's matter
    this.rtp = await datagrams.open({
      address,
      port,
      onPacket: (packet, from) => this.receive(packet, from),
    });
    this.transport.socket = this.rtp;
    try {
      this.control = await datagrams.open({
        address,
        port: port + 1,
        onPacket: (packet, from) => this.receiveControl(packet, from),
      });
    } catch (error) {
      await this.rtp.close();
      throw error;
    }
  }

  get settings(): StreamSettings {
    return this.request.settings;
  }

  /** Whether a packet would go anywhere now. */
  get sends(): boolean {
    return this.agreed?.maySend === true && this.transport.target !== undefined && !this.isGivenUp;
  }

  /** The peer, where its packets come as they are and nobody listens to them. */
  get plainSource(): PlainEnd | undefined {
    const remote = this.lock.source;
    const isPlain = this.isPlain && this.received.isEmpty && this.agreed?.mayReceive === true;
    return isPlain ? this.wayTo(remote) : undefined;
  }

  /** The same, where packets leave as they are and nothing but an agreement ends that. */
  get plainTarget(): PlainEnd | undefined {
    const remote = this.lock.target;
    const isPlain = this.isPlain && this.sent.isEmpty && this.sends && this.unheard.isHeard;
    return isPlain ? this.wayTo(remote) : undefined;
  }

  private wayTo(remote: Endpoint | undefined): PlainEnd | undefined {
    return remote && this.rtp && { socket: this.rtp, remote };
  }

  private get isPlain(): boolean {
    return !this.closed && this.protection.isInClear && !this.transport.ice.isOn;
  }

  /** Full ICE asks whether media is wanted; a lite side believes what it is told, as without ICE. */
  private get isGivenUp(): boolean {
    return !this.transport.ice.asksForConsent && this.unheard.isGivenUp(this.runtime.clock);
  }

  /** Of the codec that is sent. */
  get clockRate(): number {
    return this.agreed?.media.send.codec.clockRate ?? 8000;
  }

  /** What is played of what comes; absent where it passes through. */
  get buffer(): ReportedBuffer | undefined {
    return this.user.buffer;
  }

  get packetsLost(): number {
    return this.lostBefore + Math.max(0, this.reception?.lost ?? 0);
  }

  /** Whether packets of this type are the peer's audio. */
  isAudio(payloadType: number): boolean {
    return this.agreed?.formats[payloadType]?.isEvent === false;
  }

  /** Counts what has come and gone past us. */
  catchUp(): void {
    this.incoming?.catchUp();
    this.outgoing?.catchUp();
  }

  /** A packet of the peer's has gone on: as `receive` counts one. */
  countForwarded({ payloadType, sequence, timestamp, octets, at }: CountedPacket): void {
    const { reception } = this;
    const format = this.agreed?.formats[payloadType];
    if (reception === undefined || format === undefined) return;
    this.lock.heard(at);
    this.count(sequence, octets, at);
    if (format.isVoice) this.heard = format.codec;
    reception.time(timestamp, at);
  }

  /** Takes over what was negotiated. */
  configure(media: NegotiatedMedia): void {
    this.takeBack();
    const { clock } = this.runtime;
    this.agreed = agreedMedia(media);
    this.sender.renegotiate();
    this.unheard.agree(this.agreed.remote, clock.now());
    this.lock.renegotiate(this.agreed.remote, clock.now());
    this.transport.configure(media);
    this.controlSource = undefined;
    this.timeout.configure(this.agreed.mayReceive);
    const payload = (this.clockRate * media.ptimeMs) / 1000;
    this.rtcp.start({
      sessionBytesPerSecond: ((payload + RTP_HEADER_LENGTH + 28) * 1000) / media.ptimeMs,
      reducedSize: media.rtcpReducedSize,
      sendsVoipMetrics: media.voipMetrics,
    });
  }

  /** Says BYE and frees both ports. Idempotent. */
  async close(): Promise<void> {
    this.takeBack();
    this.timeout.stop();
    this.quality.stop();
    if (!this.closed) {
      this.rtcp.stop();
      this.transport.close();
      this.closed = true;
      // a socket that closes at once forgets what it has not handed to the kernel: the BYE
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all([this.rtp?.close(), this.control?.close()]);
  }

  /** From now on every packet is looked at, until it is decided anew. */
  private takeBack(): void {
    this.incoming?.end();
    this.outgoing?.end();
  }

  private sentRate(number: number): number | undefined {
    const voices = this.agreed?.media.sendable.filter(({ codec }) => isVoice(codec));
    return voices?.find(({ payloadType }) => payloadType === number)?.codec.clockRate;
  }

  private transmit(packet: Uint8Array): boolean {
    const { target } = this.transport;
    if (target === undefined || this.closed) return false;
    this.sent.tellUnread(packet); // it is encrypted in place
    const leaving = this.protection.protect(packet);
    if (leaving === undefined) return false;
    this.transport.send(leaving, target);
    return true;
  }

  private receive(received: Uint8Array, from: Endpoint): void {
    if (this.closed) return;
    this.incoming?.catchUp();
    // nothing could be sent back there, so nobody honest is (RFC 768)
    if (from.port === 0) return void this.unwanted++;
    if (isNoRtp(received)) {
      if (!this.transport.receive(received, from)) this.unwanted++;
      return;
    }
    if (isRtcp(received)) return this.receiveControl(received, from);
    const packet = this.protection.unprotect(received);
    if (packet === undefined) return;
    const { agreed } = this;
    const isRtp = readRtp(packet, header);
    const format = agreed?.formats[header.payloadType];
    if (!isRtp || format === undefined || agreed?.mayReceive !== true) {
      this.unwanted++;
      return;
    }
    const now = this.runtime.clock.now();
    if (!this.transport.admits(from, header, now)) return;
    if (header.ssrc !== this.remoteSsrc || this.reception === undefined) this.changeSource();
    if (header.ssrc === this.sender.ssrc) this.meetOurself(from);
    const arrival = this.count(header.sequence, header.payloadEnd - header.payloadStart, now);
    if (from.port !== this.startedFrom?.port || from.address !== this.startedFrom.address) {
      this.tellStarted(from);
    }
    if (arrival === 'wild') return;
    this.received.tell(packet, header, arrival);
    if (format.isEvent) {
      this.eventRate = format.codec.clockRate;
      return this.user.onTelephoneEvent(packet, header, arrival);
    }
    if (format.isVoice) this.heard = format.codec;
    // not with events: all packets of one have the same timestamp
    this.reception?.time(header.timestamp, now);
    this.user.onAudio(packet, header, arrival);
  }

  private count(sequence: number, octets: number, now: number): Arrival {
    this.packetsReceived++;
    this.octetsReceived += octets;
    this.unheard.heard();
    this.timeout.heard(now);
    const { reception } = this;
    if (reception === undefined) return 'wild';
    const arrival = reception.count(sequence);
    if (arrival === 'restarted') this.quality.restart();
    if (arrival !== 'wild') this.quality.arrive(sequence, reception.jitterMs);
    return arrival;
  }

  /** Another has our SSRC: it is said goodbye to, and we take a new one (RFC 3550 §8.2). */
  private meetOurself(from: Endpoint): void {
    if (!this.collisions.isCollision(from)) return;
    this.rtcp.leave();
    this.outgoing?.end();
    this.sender.ssrc = this.runtime.random.uint32();
  }

  private tellStarted(from: Endpoint): void {
    const remote = { address: from.address, port: from.port };
    this.startedFrom = remote;
    this.takeBack(); // what goes there goes elsewhere from now on
    this.user.onEvent({ type: 'started', remote });
  }

  private changeSource(): void {
    this.lostBefore = this.packetsLost;
    this.remoteSsrc = header.ssrc;
    const clockRate = this.agreed?.formats[header.payloadType]?.codec.clockRate ?? this.clockRate;
    this.reception = new Reception(clockRate, header.sequence);
    this.rtcp.forgetSender();
    this.quality.restart();
    this.received.sourceChanged();
    this.user.onSourceChanged();
  }

  /** Reports of strangers change nothing; a BYE ends no call, signalling does. */
  private receiveControl(received: Uint8Array, from: Endpoint): void {
    if (this.closed) return;
    if (from.port === 0) return void this.unwanted++;
    const packet = this.protection.unprotectControl(received);
    if (packet === undefined) return;
    if (!this.transport.admitsControl(from, this.agreed?.control)) {
      this.lock.strangers++;
      return;
    }
    const taken = this.rtcp.receive(packet);
    if (taken === 'malformed') return void this.unwanted++;
    if (taken === 'collision') this.meetOurself(from);
    this.controlSource = from;
    this.unheard.heard();
  }

  private sendControl(compound: Uint8Array): void {
    const { agreed } = this;
    const target = agreed && this.controlTarget(agreed);
    const leaving = this.protection.protectControl(compound);
    if (target === undefined || leaving === undefined) return;
    if (agreed?.media.rtcpMux) this.transport.send(leaving, target);
    else this.control?.send(leaving, target);
  }

  /** Where reports come from; else as negotiated, unless RTP turned out to come from elsewhere. */
  private controlTarget({ media, remote, control }: AgreedMedia): Endpoint | undefined {
    const { target } = this.transport;
    if (target === undefined || media.rtcpMux) return target;
    if (this.controlSource?.address === target.address) return this.controlSource;
    if (target.address === remote.address && target.port === remote.port) return control;
    return { address: target.address, port: Math.min(target.port + 1, 65_535) };
  }

  private get streamNow(): StreamNow {
    const { agreed } = this;
    return {
      codec: this.heard ?? agreed?.media.send.codec ?? { name: 'pcmu', clockRate: 8000 },
      packetMs: agreed?.media.ptimeMs ?? 20,
      bufferMs: this.buffer?.targetMs ?? 0,
      roundTripMs: this.rtcp.roundTripMs,
    };
  }
}
