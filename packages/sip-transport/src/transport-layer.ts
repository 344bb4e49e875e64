import { setImmediate } from 'node:timers/promises';
import { type Endpoint, type Runtime, StrowgerError } from '@strowger/runtime';
import {
  type Refusal,
  type SipMessage,
  type SipResponse,
  serializeMessage,
  type Uri,
  type Via,
} from '@strowger/sip-message';
import type { DnsResolver } from './dns-resolver.ts';
import type { Racer } from './connection-race.ts';
import { FlowTokens } from './flow-tokens.ts';
import { type Hop, type Inbound, isSecure, type TransportName } from './hop.ts';
import {
  type Advertised,
  checkListenPoint,
  type ListenPoint,
  parseListenPoint,
} from './listen-point.ts';
import { isUnicast } from './ip-address.ts';
import { LocalNetworks } from './local-networks.ts';
import { LocalAddresses } from './local-address.ts';
import { type FlowGone, type KeepAlive, KeepAlives } from './keep-alives.ts';
import { type LocalPoint, LocalPoints } from './local-points.ts';
import { NextHops } from './next-hops.ts';
import { type Heard, Reception, type Refused } from './reception.ts';
import { StreamSockets } from './stream-sockets.ts';
import { StunAgent } from './stun-agent.ts';
import type { TargetChange, TargetOutcome } from './target-health.ts';
import { type TlsCertificates, TlsContexts, type TlsSettings } from './tls-contexts.ts';
import { defaultLimits, type TransportLimits } from './transport-limits.ts';
import { newMetrics, type TransportMetrics } from './transport-metrics.ts';
import { UdpSockets } from './udp-sockets.ts';
import type { WebSocketSettings } from './web-socket-door.ts';

/** What a layer is made of. */
export interface TransportLayerOptions {
  readonly runtime: Runtime;
  /** Where it hears and sends from: what it listens on is what it can reach. At least one. */
  readonly listen: readonly (ListenPoint | string)[];
  /** What peers are told instead of the bound addresses, where these are not what they see. */
  readonly advertised?: Advertised;
  /**
   * Networks whose peers are told the bound addresses and never the advertised ones, such as
   * `10.0.0.0/8`, `fd00::/8`; this machine is one of them then. Default: all are told the same.
   */
  readonly localNetworks?: readonly string[];
  /**
   * Whether every request is taken as if its Via asked for `rport` (RFC 3581): answers go where it
   * came from, for phones behind a NAT that do not ask. Default false.
   */
  readonly forceRport?: boolean;
  /** Certificates, and how TLS is spoken. */
  readonly tls?: TlsSettings;
  /** Who may speak SIP over a WebSocket, and where. */
  readonly webSocket?: WebSocketSettings;
  /** At least 16 secret bytes, for layers that read each other's flow tokens. Default: of chance. */
  readonly flowTokenKey?: Uint8Array;
  /** Default: the system's name servers, asked by `NameServers`. */
  readonly resolver?: DnsResolver;
  readonly limits?: Partial<TransportLimits>;
  /** Every request, and every response to what we sent. */
  onMessage(inbound: Inbound): void;
  /** Every message that leaves, for traces; it is not to be changed. */
  onSent?(message: SipMessage, hop: Hop): void;
  /** What was no SIP, or broken. */
  onRefused?(refused: Refused): void;
  /** An error that belongs to no message. */
  onError?(error: StrowgerError): void;
  /** A connection that was open is gone: who was reached over it has to be told a new way. */
  onConnectionGone?(hop: Hop): void;
  /** The same, and of flows whose pings (`keepAlive`) are not answered as they should be. */
  onFlowGone?(gone: FlowGone): void;
  /** A target failed so often that others are tried first, or it is well again. */
  onTargetChange?(change: TargetChange): void;
}

/** A bound address. */
export interface Listening extends Endpoint {
  readonly transport: TransportName;
}

/** What a layer holds at the moment: all zero after `close()`. */
export interface TransportCounts {
  /** Connections whose sockets are not released. */
  readonly connections: number;
  /** Bytes that wait in them. */
  readonly waitingBytes: number;
  /** UDP sockets and listeners. */
  readonly sockets: number;
  /** Source addresses that are kept account of. */
  readonly sources: number;
  /** Flows that are kept alive. */
  readonly keepAlives: number;
  /** Peers remembered as refusing TCP. */
  readonly tcpRefusedPeers: number;
  /** Targets whose failures are remembered. */
  readonly targets: number;
  /** Answers of DNS that are remembered. */
  readonly dnsEntries: number;
}

/**
 * SIP over UDP, TCP, TLS and WebSocket, IPv4 and IPv6, client and server in one (RFC 3261 §18). It has the shape
 * of transaction-core's `MessageSender`.
 */
export class TransportLayer {
  /** What happened since the layer was made. */
  readonly metrics: Readonly<TransportMetrics>;
  private readonly options: TransportLayerOptions;
  private readonly counters = newMetrics();
  private readonly points: LocalPoints;
  private readonly nextHops: NextHops;
  private readonly reception: Reception;
  private readonly udp: UdpSockets;
  private readonly streams: StreamSockets;
  private readonly tls: TlsContexts;
  private readonly stun: StunAgent;
  private readonly keepAlives: KeepAlives;
  private readonly tokens: FlowTokens;
  private state: 'new' | 'open' | 'closed' = 'new';
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  /** Throws `BAD_LISTEN_POINT`, `BAD_CERTIFICATE`, `BAD_FLOW_TOKEN_KEY`, `BAD_NETWORK`; opens nothing yet. */
  constructor(options: TransportLayerOptions) {
    const { runtime, advertised, localNetworks, resolver } = options;
    const networks = localNetworks === undefined ? undefined : new LocalNetworks(localNetworks);
    const { clock, random } = runtime;
    const limits = { ...defaultLimits, ...options.limits };
    const metrics = this.counters;
    const points = listenPoints(options);
    this.tls = tlsContexts(options, points);
    const { tls } = this;
    const { webSocket = {}, forceRport = false } = options;
    const shared = {
      runtime,
      clock,
      random,
      limits,
      metrics,
      tls,
      webSocket,
      forceRport,
      ...this.signals,
    };
    this.options = options;
    this.metrics = metrics;
    const addresses = new LocalAddresses(clock);
    this.points = new LocalPoints({ points, advertised, addresses, networks, random });
    this.nextHops = new NextHops({ ...shared, points: this.points, resolver });
    this.tokens = new FlowTokens(options.flowTokenKey ?? random.bytes(32));
    this.reception = new Reception(shared);
    this.udp = new UdpSockets(shared);
    this.streams = new StreamSockets(shared);
    this.stun = new StunAgent({
      ...shared,
      send: (bytes, to, point) => this.udp.sendRaw(bytes, to, point),
    });
    const { points: local, stun } = this;
    const { connections } = this.streams;
    this.keepAlives = new KeepAlives({ ...shared, points: local, stun, connections });
  }

  /** Where it listens, once it is started: port 0 has become the system's choice. */
  get listening(): readonly Listening[] {
    return this.points.all
      .filter(({ serves }) => serves)
      .map(({ point, local }) => ({ transport: point.transport, ...local }));
  }

  /** Binds every listen point. Rejects with `LISTEN_FAILED`, and then holds none of them. */
  start(): Promise<void> {
    this.starting ??= this.bindAll();
    return this.starting;
  }

  /**
   * Lets what was sent leave and closes everything. Resolves when the sockets are released, and
   * their ports can be bound again. May be called twice.
   */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The hops for a request to this URI, best first (RFC 3263), TCP before UDP where `sizeBytes` is
   * too long for a datagram (RFC 3261 §18.1.1). At once for numeric hosts and `localhost`. Where a name
   * has several addresses and TCP, TLS or a WebSocket goes there, the one that takes a connection first
   * is the first (RFC 8305, RFC 7984), and that connection is open then. Rejects
   * with `NO_ROUTE` when there is none: an unknown name, a transport, family or scheme that is not
   * carried (`sips` never travels in the clear).
   */
  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    return this.nextHops.locate(target, sizeBytes);
  }

  /**
   * Tells how a request over this hop came out, so that `locate` gives targets that fail last:
   * `'failed'` when no answer came, `'unavailable'` for 503, `'ok'` for any other answer
   * (RFC 3263 §4.3). Connections that do not open are noticed without it.
   *
   * @param retryAfterMs what the Retry-After of a 503 says (RFC 3261 §21.5.4).
   */
  report(hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void {
    this.nextHops.report(hop, outcome, retryAfterMs);
  }

  /**
   * Host (IPv6 without brackets) and port for our Via and Contact in messages over this hop: the
   * advertised ones, else the bound ones that the peer can reach.
   */
  sentBy(hop: Hop): { readonly host: string; readonly port: number } {
    const connection = hop.transport === 'udp' ? undefined : this.streams.connections.find(hop);
    return this.points.sentBy(hop, connection?.local.address);
  }

  /**
   * Sends without waiting. `failed` is called at most once and never from within `send`: when the
   * message surely did not leave (`CONNECT_FAILED`, `CERTIFICATE_REFUSED`, `CONNECTION_CLOSED`, `CONNECTION_FULL`,
   * `TOO_MANY_CONNECTIONS`, `MESSAGE_TOO_LARGE`, `SEND_FAILED`, `TRANSPORT_UNSUPPORTED`, `ADDRESS_REFUSED`,
   * `TRANSPORT_CLOSED`). A datagram that the network loses is told to nobody.
   */
  send(message: SipMessage, hop: Hop, failed: (error: StrowgerError) => void): void {
    const point = this.points.pick(hop);
    const fail = (error: StrowgerError): void => {
      this.counters.failed++;
      queueMicrotask(() => failed(error));
    };
    if (this.state !== 'open') return fail(notOpen());
    if (!isUnicast(hop.address)) return fail(notOneHost(hop));
    if (point === undefined) return fail(unsupported(hop));
    this.counters.sent++;
    this.options.onSent?.(message, hop);
    const sockets = hop.transport === 'udp' ? this.udp : this.streams;
    sockets.send(serializeMessage(message), hop, point, fail);
  }

  /**
   * Pings a peer over the flow that this hop uses, and tells `onFlowGone` when it does not answer:
   * STUN over UDP, CRLF over TCP and TLS, pings of WebSocket (RFC 5626 §4.4, RFC 7118 §6). For
   * peers that are known to answer: those with `outbound`, `Flow-Timer` or `keep` (RFC 6223).
   *
   * @param everyMs the longest time between two; each is drawn from 80 to 100 % of it. Default:
   * `limits.streamPingMs`, over UDP `limits.stunPingMs`.
   *
   * Throws `CONNECTION_CLOSED`, `TRANSPORT_UNSUPPORTED`, `TOO_MANY_KEEP_ALIVES`. Stops by itself
   * when the flow is gone.
   */
  keepAlive(hop: Hop, everyMs?: number): KeepAlive {
    return this.keepAlives.start(hop, everyMs);
  }

  /**
   * A text for Path or Record-Route that leads back over the flow of this hop (RFC 5626 §5.2): the
   * one that it is pinned to, else the one that it would take. None where no connection is open.
   */
  flowToken(hop: Hop): string | undefined {
    const flow = this.flowOf(hop);
    return flow === undefined ? undefined : this.tokens.write({ ...hop, flow });
  }

  /**
   * The hop that a token was made for; `undefined` where it was forged (answer 403). What is sent
   * over it takes another connection where that flow is gone: ask `isFlowOpen` first (answer 430).
   */
  hopOf(token: string): Hop | undefined {
    return this.tokens.read(token);
  }

  /** Whether the very flow that a hop is pinned to can still be used. */
  isFlowOpen(hop: Hop): boolean {
    return hop.flow !== undefined && this.flowOf(hop) === hop.flow;
  }

  /**
   * Later TLS handshakes use these certificates; connections that are open live on. Throws
   * `BAD_CERTIFICATE`, and then nothing has changed.
   */
  reloadCertificates(certificates: TlsCertificates): void {
    this.tls.reload(certificates);
  }

  /** What it holds at the moment. */
  counts(): TransportCounts {
    return {
      connections: this.streams.connections.size,
      waitingBytes: this.streams.connections.waitingBytes,
      sockets: this.udp.size + this.streams.size,
      sources: this.reception.sources + this.stun.sources,
      keepAlives: this.keepAlives.size,
      ...this.nextHops.counts(),
    };
  }

  private flowOf(hop: Hop): string | undefined {
    if (hop.transport === 'udp') return this.points.pick(hop)?.flow;
    const { connections } = this.streams;
    const isPinned = hop.flow !== undefined;
    return (isPinned ? connections.pinned(hop) : connections.find(hop))?.id;
  }

  private async bindAll(): Promise<void> {
    for (const point of this.points.all) {
      try {
        await (point.point.transport === 'udp' ? this.udp : this.streams).bind(point);
      } catch (cause) {
        await this.release();
        throw listenFailed(point.point, cause);
      }
    }
    if (this.state === 'new') this.state = 'open';
  }

  private async closeAll(): Promise<void> {
    this.state = 'closed';
    await this.starting?.catch(() => {}); // told to whoever started it
    await setImmediate(); // a datagram leaves a turn after it was sent
    await this.release();
  }

  private async release(): Promise<void> {
    this.keepAlives.close();
    this.stun.close();
    this.nextHops.close();
    await Promise.all([this.udp.close(), this.streams.close()]);
    this.nextHops.close();
    this.reception.clear();
  }

  /** What the parts report, and to whom it goes. */
  private readonly signals = {
    isOurs: (via: Via): boolean => this.points.isOurs(via),
    answer: (response: SipResponse, hop: Hop): void => this.send(response, hop, () => {}),
    onHeard: (heard: Heard): void => this.reception.take(heard),
    onUnframed: (refusal: Refusal, heard: Heard): void => this.reception.refuse(refusal, heard),
    onStun: (bytes: Uint8Array, from: Endpoint, point: LocalPoint): void =>
      this.stun.take(bytes, from, point),
    onPong: (flow: string): void => this.keepAlives.answered(flow),
    onFlowGone: (gone: FlowGone): void => {
      if (this.state === 'open') this.options.onFlowGone?.(gone);
    },
    onTargetChange: (change: TargetChange): void => this.options.onTargetChange?.(change),
    onReach: (hop: Hop, reached: boolean): void => this.nextHops.reached(hop, reached),
    isConnected: (hop: Hop): boolean => this.streams.isConnected(hop),
    connect: (hop: Hop, ended: (reached: boolean) => void): Racer =>
      this.streams.connect(hop, this.points.pick(hop), ended),
    onGone: (hop: Hop): void => {
      this.keepAlives.gone(hop);
      if (this.state === 'open') this.options.onConnectionGone?.(hop);
    },
    onMessage: (inbound: Inbound): void => {
      if (this.state === 'open') this.options.onMessage(inbound);
    },
    onRefused: (refused: Refused): void => this.options.onRefused?.(refused),
    onError: (error: StrowgerError): void => this.options.onError?.(error),
  };
}

function listenPoints({ listen, webSocket }: TransportLayerOptions): ListenPoint[] {
  if (listen.length === 0) {
    throw new StrowgerError('BAD_LISTEN_POINT', 'a transport needs at least one listen point', {
      recovery: { kind: 'fixConfiguration', key: 'listen' },
    });
  }
  const points = listen.map((one) =>
    typeof one === 'string' ? parseListenPoint(one) : checkListenPoint(one),
  );
  if (webSocket?.path === undefined && points.some(({ server }) => server !== undefined)) {
    throw new StrowgerError('BAD_LISTEN_POINT', 'beside an HTTP server SIP needs its own path', {
      recovery: { kind: 'fixConfiguration', key: 'webSocket.path' },
    });
  }
  return points;
}

/** A point that others connect to by TLS needs something to show them. */
function tlsContexts({ tls = {} }: TransportLayerOptions, points: ListenPoint[]): TlsContexts {
  const contexts = new TlsContexts(tls);
  const bare = points.find(
    (one) => isSecure(one.transport) && one.clientOnly !== true && !one.server,
  );
  if (bare === undefined || contexts.canServe) return contexts;
  const what = `${bare.transport} needs a certificate, or \`clientOnly\``;
  throw new StrowgerError('BAD_CERTIFICATE', what, {
    recovery: { kind: 'fixConfiguration', key: 'tls' },
  });
}

function listenFailed({ transport, address, port }: ListenPoint, cause: unknown): StrowgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot listen on ${transport} ${address} port ${port}: ${why}`;
  return new StrowgerError('LISTEN_FAILED', message, {
    cause,
    recovery: { kind: 'fixConfiguration', key: 'listen' },
  });
}

function notOpen(): StrowgerError {
  return new StrowgerError('TRANSPORT_CLOSED', 'the transport is not open');
}

function notOneHost({ address }: Hop): StrowgerError {
  return new StrowgerError('ADDRESS_REFUSED', `${address} is not the address of one host`);
}

function unsupported({ transport, address }: Hop): StrowgerError {
  const what = `${transport} to ${address} is not carried: no listen point is of its kind`;
  return new StrowgerError('TRANSPORT_UNSUPPORTED', what);
}
