import type { Clock, Endpoint, Random, Runtime, StrowgerError } from '@strowger/runtime';
import type { Refusal, SipResponse, Via } from '@strowger/sip-message';
import { AddressPolicy } from './address-policy.ts';
import { Bans } from './bans.ts';
import { FlowTokens } from './flow-tokens.ts';
import { Flows } from './flows.ts';
import { Gate } from './gate.ts';
import type { Hop, Inbound } from './hop.ts';
import { type FlowGone, KeepAlives } from './keep-alives.ts';
import { LocalAddresses } from './local-address.ts';
import { LocalNetworks } from './local-networks.ts';
import { type LocalPoint, LocalPoints } from './local-points.ts';
import { MiddlewareChain } from './middleware.ts';
import { NextHops } from './next-hops.ts';
import { OverloadClient } from './overload-client.ts';
import { QueueDelay } from './queue-delay.ts';
import { type Heard, Reception, type Refused } from './reception.ts';
import { type SecurityEvent, SecurityEvents } from './security-events.ts';
import { checkDscp } from './service-class.ts';
import { StreamSockets } from './stream-sockets.ts';
import { StunAgent } from './stun-agent.ts';
import type { TargetChange } from './target-health.ts';
import type { TlsContexts } from './tls-contexts.ts';
import { listenPoints, tlsContexts } from './transport-configuration.ts';
import { defaultLimits, type TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';
import type { TransportLayerOptions } from './transport-options.ts';
import { UdpSockets } from './udp-sockets.ts';
import type { WebSocketSettings } from './web-socket-door.ts';

/** What the parts of a layer report to it. */
export interface TransportSignals {
  /** Whether we wrote this Via. */
  isOurs(via: Via): boolean;
  /** A message that is refused is answered. */
  answer(response: SipResponse, hop: Hop): void;
  onHeard(heard: Heard): void;
  onUnframed(refusal: Refusal, heard: Heard): void;
  onStun(bytes: Uint8Array, from: Endpoint, point: LocalPoint): void;
  onPong(flow: string): void;
  onFlowGone(gone: FlowGone): void;
  onTargetChange(change: TargetChange): void;
  onReach(hop: Hop, reached: boolean): void;
  onGone(hop: Hop): void;
  onArrival(probe: () => void): void;
  onProbe(): void;
  onBanned(source: string): void;
  onSecurityEvent(event: SecurityEvent): void;
  onMessage(inbound: Inbound): void;
  onRefused(refused: Refused): void;
  onError(error: StrowgerError): void;
}

interface General extends TransportSignals {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly tls: TlsContexts;
  readonly webSocket: WebSocketSettings;
  readonly forceRport: boolean;
  readonly middleware: MiddlewareChain | undefined;
  readonly dscp: number | undefined;
}

/** What a layer is put together from; nothing is open yet. */
export class TransportParts {
  readonly points: LocalPoints;
  readonly nextHops: NextHops;
  readonly reception: Reception;
  readonly udp: UdpSockets;
  readonly streams: StreamSockets;
  readonly tls: TlsContexts;
  readonly stun: StunAgent;
  readonly keepAlives: KeepAlives;
  readonly flows: Flows;
  readonly events: SecurityEvents;
  readonly gate: Gate;
  readonly bans: Bans;
  readonly addresses: AddressPolicy;
  readonly queueDelay: QueueDelay;
  readonly overload: OverloadClient;
  readonly middleware: MiddlewareChain | undefined;

  /** Throws what wrong configuration deserves: see `TransportLayer`. */
  constructor(
    options: TransportLayerOptions,
    metrics: TransportMetrics,
    signals: TransportSignals,
  ) {
    const { runtime, resolver } = options;
    const points = listenPoints(options);
    this.tls = tlsContexts(options, points);
    this.points = localPoints(options, points);
    this.addresses = new AddressPolicy(options.addresses ?? {});
    const general = this.general(options, metrics, signals);
    const { clock, middleware } = general;
    this.middleware = middleware;
    this.events = new SecurityEvents({ ...general, tell: signals.onSecurityEvent });
    this.gate = new Gate({ ...general, events: this.events, admission: options.admission ?? {} });
    const { events, gate } = this;
    this.bans = new Bans(gate, general.limits.banMs);
    this.queueDelay = new QueueDelay({
      clock,
      overloadDelayMs: general.limits.overloadDelayMs,
      onSample: (ms) => gate.overload.sample(ms),
    });
    const announces = options.overloadControl === true;
    this.overload = new OverloadClient({ ...general, announces });
    const shared = { ...general, events, gate, overload: this.overload };
    this.nextHops = new NextHops({
      ...shared,
      points: this.points,
      resolver,
      isConnected: (hop) => this.streams.isConnected(hop),
      connect: (hop, ended) => this.streams.connect(hop, this.points.pick(hop), ended),
    });
    this.reception = new Reception(shared);
    this.udp = new UdpSockets(shared);
    this.streams = new StreamSockets({
      ...shared,
      towards: (peer) => this.points.towards(peer),
    });
    const { udp, points: local } = this;
    this.stun = new StunAgent({
      ...shared,
      send: (bytes, to, point) => udp.sendRaw(bytes, to, point),
    });
    const { stun } = this;
    const { connections } = this.streams;
    this.keepAlives = new KeepAlives({ ...shared, points: local, stun, udp, connections });
    const tokens = new FlowTokens(options.flowTokenKey ?? runtime.random.bytes(32));
    this.flows = new Flows({ points: local, connections, tokens });
  }

  private general(
    options: TransportLayerOptions,
    metrics: TransportMetrics,
    signals: TransportSignals,
  ): General {
    const { runtime, limits, webSocket = {}, forceRport = false, middleware = [] } = options;
    const { clock, random } = runtime;
    return {
      runtime,
      clock,
      random,
      limits: { ...defaultLimits, ...limits },
      metrics,
      tls: this.tls,
      webSocket,
      forceRport,
      middleware:
        middleware.length === 0 ? undefined : new MiddlewareChain(middleware, signals.onError),
      dscp: checkDscp(options.dscp),
      ...signals,
    };
  }
}

function localPoints(
  { runtime, advertised, localNetworks }: TransportLayerOptions,
  points: ReturnType<typeof listenPoints>,
): LocalPoints {
  const networks = localNetworks === undefined ? undefined : new LocalNetworks(localNetworks);
  const addresses = new LocalAddresses(runtime.clock);
  return new LocalPoints({ points, advertised, addresses, networks, random: runtime.random });
}
