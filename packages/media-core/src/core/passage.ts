import type { DatagramSocket, Endpoint, Runtime } from '@strowger/runtime';
import { emptyRtpHeader, isRtcp, readRtp } from '../rtp/rtp.ts';
import { SourceLock } from '../rtp/source-lock.ts';
import type { LineDestination } from '../sdp/index.ts';
import type { OpenPassageRequest, PassageStats } from './core-api.ts';
import { socketEndpoint } from './agreed-media.ts';

/**
 * A media line that passes from end to end as it is: video, fax, encrypted or not. Not a byte of a
 * packet is changed; whose packets pass is decided as for our own streams.
 */
export class Passage {
  private readonly runtime: Runtime;
  private readonly request: OpenPassageRequest;
  private readonly a: PassageEnd;
  private readonly b: PassageEnd;
  private packets = 0;

  constructor(runtime: Runtime, request: OpenPassageRequest) {
    this.runtime = runtime;
    this.request = request;
    this.a = new PassageEnd(runtime, request.settings);
    this.b = new PassageEnd(runtime, request.settings);
  }

  get stats(): PassageStats {
    return { packets: this.packets, strangers: this.a.lock.strangers + this.b.lock.strangers };
  }

  /** Binds all four ports; rejects with the system's error and leaves none bound. */
  async open(): Promise<void> {
    const { ports } = this.request;
    try {
      await this.bind(ports.a, this.a, this.b);
      await this.bind(ports.b, this.b, this.a);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  set({ a, b }: { a: LineDestination; b: LineDestination }): void {
    this.a.set(a);
    this.b.set(b);
  }

  async close(): Promise<void> {
    await Promise.all([this.a.close(), this.b.close()]);
  }

  private async bind(port: number, from: PassageEnd, to: PassageEnd): Promise<void> {
    const { address } = this.request;
    const { datagrams } = this.runtime;
    const onError = (): void => {}; // a port that answers with ICMP is the peer's matter
    from.media = await datagrams.open({
      address,
      port,
      onError,
      onPacket: (packet, source) => {
        if (from.admits(packet, source) && to.sendMedia(packet)) this.packets++;
      },
    });
    from.control = await datagrams.open({
      address,
      port: port + 1,
      onError,
      onPacket: (packet, source) => {
        if (from.admitsControl(source) && to.sendControl(packet)) this.packets++;
      },
    });
  }
}

/** One end of a passage: its sockets, and who speaks there. */
class PassageEnd {
  readonly lock: SourceLock;
  media: DatagramSocket | undefined;
  control: DatagramSocket | undefined;
  private readonly runtime: Runtime;
  private readonly header = emptyRtpHeader();
  private remote: Endpoint | undefined;
  private remoteControl: Endpoint | undefined;
  private controlSource: Endpoint | undefined;

  constructor(runtime: Runtime, settings: OpenPassageRequest['settings']) {
    this.runtime = runtime;
    this.lock = new SourceLock(settings);
  }

  set({ rtcp, ...remote }: LineDestination): void {
    this.remote = socketEndpoint(remote);
    this.remoteControl = socketEndpoint(rtcp);
    this.controlSource = undefined;
    this.lock.renegotiate(this.remote, this.runtime.clock.now());
  }

  /** RTP may teach us where a peer behind a NAT is; whatever else it is, it has to come from there. */
  admits(packet: Uint8Array, from: Endpoint): boolean {
    if (from.port === 0) return false; // nothing could be sent back there
    const { target } = this.lock;
    if (!isRtcp(packet) && readRtp(packet, this.header)) {
      const arrival = { now: this.runtime.clock.now(), isAuthentic: false };
      return this.lock.admit(from, this.header, arrival);
    }
    if (target?.address === from.address && target.port === from.port) return true;
    this.lock.strangers++;
    return false;
  }

  admitsControl(from: Endpoint): boolean {
    if (from.port === 0) return false;
    if (!this.lock.admitsControl(from, this.remoteControl)) {
      this.lock.strangers++;
      return false;
    }
    this.controlSource = from;
    return true;
  }

  sendMedia(packet: Uint8Array): boolean {
    const { target } = this.lock;
    if (target === undefined || this.media === undefined) return false;
    this.media.send(packet, target);
    return true;
  }

  sendControl(packet: Uint8Array): boolean {
    const target = this.controlTarget();
    if (target === undefined || this.control === undefined) return false;
    this.control.send(packet, target);
    return true;
  }

  async close(): Promise<void> {
    const { media, control } = this;
    this.media = undefined;
    this.control = undefined;
    await Promise.all([media?.close(), control?.close()]);
  }

  /** As for our own reports: where theirs come from, else as negotiated. */
  private controlTarget(): Endpoint | undefined {
    const { target } = this.lock;
    const { remote, remoteControl, controlSource } = this;
    if (target === undefined) return undefined;
    if (controlSource?.address === target.address) return controlSource;
    if (target.address === remote?.address && target.port === remote.port) return remoteControl;
    return { address: target.address, port: Math.min(target.port + 1, 65_535) };
  }
}
