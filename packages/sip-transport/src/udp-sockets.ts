import { type DatagramSocket, type Endpoint, type Runtime, StrowgerError } from '@strowger/runtime';
import type { Hop } from './hop.ts';
import { localhostAddress } from './ip-address.ts';
import type { LocalPoint } from './local-points.ts';
import type { Heard } from './reception.ts';
import { RecentSends } from './recent-sends.ts';
import { isStun } from './stun.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What a UDP datagram holds at most: 65,535 bytes less the headers of IPv4 and UDP. */
const LARGEST = 65_507;

/** What the sockets need. */
export interface UdpSocketsOptions {
  readonly runtime: Runtime;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  /** The service class of what leaves, where the runtime's sockets can be marked. */
  readonly dscp: number | undefined;
  onHeard(heard: Heard): void;
  /** A datagram that is to be read came, and how a probe of ours can follow it. */
  onArrival(probe: () => void): void;
  /** A probe of ours came back. */
  onProbe(): void;
  onStun(bytes: Uint8Array, from: Endpoint, point: LocalPoint): void;
  /** An error that belongs to no message. */
  onError(error: StrowgerError): void;
}

interface Open {
  readonly socket: DatagramSocket;
  readonly recent: RecentSends;
  readonly probe: () => void;
}

/** To ourselves, and a keep-alive to everybody who sees it (RFC 5626 §3.5.1). */
const PROBE = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);

/** The UDP sockets of a layer: each hears and sends. */
export class UdpSockets {
  private readonly options: UdpSocketsOptions;
  private readonly open = new Map<LocalPoint, Open>();

  constructor(options: UdpSocketsOptions) {
    this.options = options;
  }

  get size(): number {
    return this.open.size;
  }

  /** Binds a point; rejects with the system's error. */
  async bind(point: LocalPoint): Promise<void> {
    const { dscp } = this.options;
    const recent = new RecentSends(this.options.runtime.clock);
    const socket = await this.options.runtime.datagrams.open({
      ...point.point,
      gatherSends: true,
      receiveBufferBytes: this.options.limits.receiveBufferBytes,
      ...(dscp !== undefined && { dscp }),
      onPacket: (bytes, from) => this.hear(point, bytes, from),
      onError: (error, to) => this.blame(recent, error, to),
    });
    point.bind(socket.local);
    const self = { address: ownAddress(point), port: socket.local.port };
    this.open.set(point, { socket, recent, probe: () => socket.send(PROBE, self) });
  }

  /** Sends one datagram; `failed` is called at most once. */
  send(
    bytes: Uint8Array,
    hop: Hop,
    point: LocalPoint,
    failed: (error: StrowgerError) => void,
  ): void {
    const from = this.open.get(point);
    if (from === undefined) {
      failed(new StrowgerError('TRANSPORT_CLOSED', 'the socket is not open'));
      return;
    }
    if (bytes.length > LARGEST) {
      failed(new StrowgerError('MESSAGE_TOO_LARGE', `${bytes.length} bytes fit no datagram`));
      return;
    }
    from.recent.add(hop, failed);
    from.socket.send(bytes, hop);
  }

  /** Sends what is no message; nobody is told when it fails. */
  sendRaw(bytes: Uint8Array, to: Endpoint, point: LocalPoint): void {
    const from = this.open.get(point);
    from?.recent.add(to, () => {});
    from?.socket.send(bytes, to);
  }

  /** Resolves when the ports are free. */
  async close(): Promise<void> {
    const open = [...this.open.values()];
    this.open.clear();
    await Promise.all(open.map(({ socket }) => socket.close()));
  }

  private hear(point: LocalPoint, bytes: Uint8Array, from: Endpoint): void {
    const { address, port } = from;
    if (isKeepAlive(bytes)) {
      if (port === point.local.port && isSelf(point, address)) return this.options.onProbe();
      this.options.metrics.keepAlives++;
      return;
    }
    const open = this.open.get(point);
    if (open !== undefined) this.options.onArrival(open.probe);
    if (isStun(bytes)) {
      this.options.onStun(bytes, { address, port }, point);
      return;
    }
    this.options.onHeard({
      bytes,
      transport: 'udp',
      from,
      local: point.local,
      flow: point.flow,
    });
  }

  private blame(recent: RecentSends, cause: Error, to: Endpoint | undefined): void {
    const failed = to === undefined ? undefined : recent.blame(to);
    const where = to === undefined ? '' : ` to ${to.address} port ${to.port}`;
    const error = new StrowgerError('SEND_FAILED', `cannot send${where}`, { cause });
    if (failed === undefined) this.options.onError(error);
    else failed(error);
  }
}

/** What phones send to keep a NAT's binding: nothing, zeros, or line ends. */
function isKeepAlive(bytes: Uint8Array): boolean {
  return bytes.length <= 4 && bytes.every((byte) => byte === 0x0d || byte === 0x0a || byte === 0);
}

/** Where a socket reaches itself. */
function ownAddress({ isWildcard, family, local }: LocalPoint): string {
  return isWildcard ? localhostAddress(family) : local.address;
}

/** Nobody else can send from there: the system drops such packets that come from outside. */
function isSelf(point: LocalPoint, address: string): boolean {
  return address === ownAddress(point);
}
