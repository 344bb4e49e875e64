import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StrowgerError } from '@strowger/runtime';
import { type SipMessage, serializeMessage, type Uri } from '@strowger/sip-message';
import type { Hop } from './hop.ts';
import { isUnicast } from './ip-address.ts';
import type { KeepAlive } from './keep-alives.ts';
import type { ListenPoint } from './listen-point.ts';
import type { LocalPoint } from './local-points.ts';
import type { Bans } from './bans.ts';
import { sourceKey } from './source-key.ts';
import type { TargetOutcome } from './target-health.ts';
import type { TlsCertificates } from './tls-contexts.ts';
import {
  denied,
  listenFailed,
  notOneHost,
  notOpen,
  overloaded,
  unsupported,
} from './transport-errors.ts';
import { checkServing, listenPoints } from './transport-configuration.ts';
import { newMetrics, type TransportMetrics } from './transport-metrics.ts';
import type { Listening, TransportCounts, TransportLayerOptions } from './transport-options.ts';
import { TransportParts, type TransportSignals } from './transport-parts.ts';

/**
 * SIP over UDP, TCP, TLS and WebSocket, IPv4 and IPv6, client and server in one (RFC 3261 §18). It has the shape
 * of transaction-core's `MessageSender`.
 */
export class TransportLayer {
  /** What happened since the layer was made. */
  readonly metrics: Readonly<TransportMetrics>;
  private readonly options: TransportLayerOptions;
  private readonly counters = newMetrics();
  private readonly parts: TransportParts;
  private state: 'new' | 'open' | 'closed' = 'new';
  private starting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;

  /** Throws `BAD_LISTEN_POINT`, `BAD_CERTIFICATE`, `BAD_FLOW_TOKEN_KEY`, `BAD_NETWORK`; opens nothing yet. */
  constructor(options: TransportLayerOptions) {
    this.options = options;
    this.metrics = this.counters;
    this.parts = new TransportParts(options, this.counters, this.signals);
  }

  /** Where it listens, once it is started: port 0 has become the system's choice. */
  get listening(): readonly Listening[] {
    return this.parts.points.all
      .filter(({ serves }) => serves)
      .map(({ point, local }) => ({ transport: point.transport, ...local }));
  }

  /** Binds every listen point. Rejects with `LISTEN_FAILED`, and then holds none of them. */
  start(): Promise<void> {
    this.starting ??= this.bindAll();
    return this.starting;
  }

  /**
   * Listens on one more point, and reaches what is reached from there, from when this resolves on. Rejects
   * with `LISTEN_FAILED`, and then nothing has changed; `BAD_LISTEN_POINT`, `BAD_CERTIFICATE`, `TRANSPORT_CLOSED`.
   */
  async listen(wanted: ListenPoint | string): Promise<void> {
    const [point] = listenPoints({ ...this.options, listen: [wanted] });
    if (point === undefined) return;
    checkServing(this.parts.tls, [point]);
    await this.starting;
    if (this.state !== 'open') throw notOpen();
    const { points } = this.parts;
    const added = points.add(point);
    try {
      await this.bind(added);
    } catch (cause) {
      points.remove(added);
      throw listenFailed(point, cause);
    }
    // closed meanwhile: nothing was there to be released yet
    if (this.isClosed) await this.release();
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
   * has several addresses and a stream goes there, the one that takes a connection first is the first
   * (RFC 8305, RFC 7984), and that connection is open then. Rejects
   * with `NO_ROUTE` when there is none: an unknown name, a transport, family or scheme that is not
   * carried (`sips` never travels in the clear).
   */
  locate(target: Uri, sizeBytes: number): readonly Hop[] | Promise<readonly Hop[]> {
    return this.parts.nextHops.locate(target, sizeBytes);
  }

  /**
   * Tells how a request over this hop came out, so that `locate` gives targets that fail last:
   * `'failed'` when no answer came, `'unavailable'` for 503, `'ok'` for any other answer
   * (RFC 3263 §4.3). Connections that do not open are noticed without it.
   *
   * @param retryAfterMs what the Retry-After of a 503 says (RFC 3261 §21.5.4).
   */
  report(hop: Hop, outcome: TargetOutcome, retryAfterMs?: number): void {
    this.parts.nextHops.report(hop, outcome, retryAfterMs);
  }

  /**
   * Host (IPv6 without brackets) and port for our Via and Contact in messages over this hop: the
   * advertised ones, else the bound ones that the peer can reach.
   */
  sentBy(hop: Hop): { readonly host: string; readonly port: number } {
    const connection =
      hop.transport === 'udp' ? undefined : this.parts.streams.connections.find(hop);
    return this.parts.points.sentBy(hop, connection?.local.address);
  }

  /**
   * Sends without waiting. `failed` is called at most once and never from within `send`: when the
   * message surely did not leave (`CONNECT_FAILED`, `CERTIFICATE_REFUSED`, `CONNECTION_CLOSED`, `CONNECTION_FULL`,
   * `TOO_MANY_CONNECTIONS`, `MESSAGE_TOO_LARGE`, `SEND_FAILED`, `TRANSPORT_UNSUPPORTED`, `ADDRESS_REFUSED`, `OVERLOADED`,
   * `TRANSPORT_CLOSED`). A datagram that the network loses is told to nobody. Gives the bytes, which
   * are not to be changed; nothing where the message cannot leave, or middleware has changed it.
   */
  send(
    written: SipMessage,
    hop: Hop,
    failed: (error: StrowgerError) => void,
  ): Uint8Array | undefined {
    const { middleware } = this.parts;
    const message = middleware === undefined ? written : middleware.messageOut(written, hop);
    if (message === undefined) return undefined;
    const point = this.parts.points.pick(hop);
    const fail = (error: StrowgerError): undefined => {
      this.counters.failed++;
      if (error.code === 'SEND_FAILED') this.report(hop, 'failed');
      queueMicrotask(() => failed(error));
    };
    if (this.state !== 'open') return fail(notOpen());
    if (!isUnicast(hop.address)) return fail(notOneHost(hop));
    if (point === undefined) return fail(unsupported(hop));
    if (message.kind === 'request' && !this.mayAsk(hop)) return fail(denied(hop));
    if (message.kind === 'request' && !this.parts.overload.admits(message, hop, written)) {
      return fail(overloaded(hop));
    }
    const bytes = this.wireBytes(serializeMessage(message), hop);
    if (bytes === undefined) return undefined;
    // what middleware made of a message would be made of it once more when it is sent again
    const kept = middleware === undefined ? bytes : undefined;
    if (hop.transport === 'udp' && !this.mayLeave(message, hop, bytes.length)) return kept;
    this.counters.sent++;
    this.options.onSent?.(message, hop);
    const { udp, streams } = this.parts;
    const sockets = hop.transport === 'udp' ? udp : streams;
    sockets.send(bytes, hop, point, fail);
    return kept;
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
    return this.parts.keepAlives.start(hop, everyMs);
  }

  /**
   * Sends an empty line (CRLF CRLF) over UDP again and again, so that NATs on the way keep the binding over
   * which the peer reaches us. Nobody answers it: it is for peers that are not known to answer STUN, as
   * `keepAlive` needs it.
   *
   * @param everyMs the longest time between two; each is drawn from 80 to 100 % of it. Default
   * `limits.stunPingMs`.
   *
   * Throws `TRANSPORT_UNSUPPORTED`, `TOO_MANY_KEEP_ALIVES`.
   */
  keepBinding(hop: Hop, everyMs?: number): KeepAlive {
    return this.parts.keepAlives.startOneWay(hop, everyMs);
  }

  /**
   * A text for Path or Record-Route that leads back over the flow of this hop (RFC 5626 §5.2): the
   * one that it is pinned to, else the one that it would take. None where no connection is open.
   */
  flowToken(hop: Hop): string | undefined {
    return this.parts.flows.token(hop);
  }

  /**
   * The hop that a token was made for; `undefined` where it was forged (answer 403). What is sent
   * over it takes another connection where that flow is gone: ask `isFlowOpen` first (answer 430).
   */
  hopOf(token: string): Hop | undefined {
    return this.parts.flows.hopOf(token);
  }

  /** Whether the very flow that a hop is pinned to can still be used. */
  isFlowOpen(hop: Hop): boolean {
    return this.parts.flows.isOpen(hop);
  }

  /**
   * Later TLS handshakes use these certificates; connections that are open live on. Throws
   * `BAD_CERTIFICATE`, and then nothing has changed.
   */
  reloadCertificates(certificates: TlsCertificates): void {
    this.parts.tls.reload(certificates);
  }

  /**
   * Somebody proved who they are over this flow, as by a right digest: no limit of a source holds
   * there for `limits.trustMs`, and its connection makes room for no other.
   */
  trust(hop: Hop): void {
    this.parts.gate.trust(hop.address);
    if (hop.flow !== undefined) this.parts.streams.connections.trust(hop.flow);
  }

  /**
   * Somebody did not prove who they are. Too many failures of a source are a ban, unless somebody
   * there is known, or anybody could have sent them in its name.
   */
  suspect(hop: Hop): void {
    this.parts.events.note('authenticationFailed', sourceKey(hop.address));
    this.parts.gate.suspect(hop.address, hop.transport === 'udp');
  }

  /**
   * The addresses of this machine have changed: Via and Contact name the new ones from now on, and
   * connections from one that is gone are closed and told as `onConnectionGone`. What listens on all
   * addresses listens on the new ones already; a listen point of one address stays bound to that.
   */
  networkChanged(): void {
    const { points, streams } = this.parts;
    points.forgetAddresses();
    streams.connections.leave((address) => points.isHere(address));
  }

  /** What bans sources, and says which are. */
  get bans(): Bans {
    return this.parts.bans;
  }

  /** What it holds at the moment. */
  counts(): TransportCounts {
    const { streams, udp, gate, stun, keepAlives, nextHops } = this.parts;
    return {
      connections: streams.connections.size,
      waitingBytes: streams.connections.waitingBytes,
      sockets: udp.size + streams.size,
      sources: gate.size + stun.sources,
      keepAlives: keepAlives.size,
      ...nextHops.counts(),
    };
  }

  private wireBytes(bytes: Uint8Array, hop: Hop): Uint8Array | undefined {
    const { middleware } = this.parts;
    return middleware === undefined ? bytes : middleware.bytesOut(bytes, hop);
  }

  /** The policy on addresses; who has a connection with us already has chosen its own. */
  private mayAsk(hop: Hop): boolean {
    if (hop.transport !== 'udp' && this.parts.flows.isOpen(hop)) return true;
    if (this.parts.addresses.permits(hop.address)) return true;
    this.counters.addressesDenied++;
    this.parts.events.note('addressDenied', sourceKey(hop.address));
    return false;
  }

  /** Whoever forges the source of a request shall not have us flood others with answers. */
  private mayLeave(message: SipMessage, hop: Hop, bytes: number): boolean {
    if (message.kind === 'response') return this.parts.gate.answers(message, hop, bytes);
    this.parts.gate.asks(message, hop);
    return true;
  }

  private async bindAll(): Promise<void> {
    for (const point of this.parts.points.all) {
      try {
        await this.bind(point);
      } catch (cause) {
        await this.release();
        throw listenFailed(point.point, cause);
      }
    }
    if (this.state === 'new') this.state = 'open';
  }

  private bind(point: LocalPoint): Promise<void> {
    const { udp, streams } = this.parts;
    return (point.point.transport === 'udp' ? udp : streams).bind(point);
  }

  private get isClosed(): boolean {
    return this.state === 'closed';
  }

  private async closeAll(): Promise<void> {
    this.state = 'closed';
    await this.starting?.catch(() => {}); // told to whoever started it
    await nextTurn(); // a datagram leaves a turn after it was sent
    await this.release();
  }

  private async release(): Promise<void> {
    const { keepAlives, stun, nextHops, udp, streams, events, gate, overload } = this.parts;
    keepAlives.close();
    stun.close();
    nextHops.close();
    await Promise.all([udp.close(), streams.close()]);
    nextHops.close();
    events.close();
    gate.clear();
    overload.clear();
  }

  /** A probe of the event loop: streams have no queue of ours but that. */
  private readonly followLoop = (): void => {
    void nextTurn().then(() => this.parts.queueDelay.returned());
  };

  /** What the parts report, and to whom it goes. */
  private readonly signals: TransportSignals = {
    isOurs: (via) => this.parts.points.isOurs(via),
    answer: (response, hop) => void this.send(response, hop, () => {}),
    onHeard: (heard) => {
      if (heard.transport !== 'udp') this.parts.queueDelay.arrived(this.followLoop);
      this.parts.reception.take(heard);
    },
    onArrival: (probe) => this.parts.queueDelay.arrived(probe),
    onProbe: () => this.parts.queueDelay.returned(),
    onBanned: (source) => this.parts.streams.connections.shut(source),
    onSecurityEvent: (event) => this.options.onSecurityEvent?.(event),
    onUnframed: (refusal, heard) => this.parts.reception.refuse(refusal, heard),
    onStun: (bytes, from, point) => this.parts.stun.take(bytes, from, point),
    onPong: (flow) => this.parts.keepAlives.answered(flow),
    onFlowGone: (gone) => {
      if (this.state === 'open') this.options.onFlowGone?.(gone);
    },
    onTargetChange: (change) => this.options.onTargetChange?.(change),
    onReach: (hop, reached) => this.parts.nextHops.reached(hop, reached),
    onGone: (hop) => {
      this.parts.keepAlives.gone(hop);
      if (this.state === 'open') this.options.onConnectionGone?.(hop);
    },
    onMessage: (inbound) => {
      if (this.state === 'open') this.options.onMessage(inbound);
    },
    onRefused: (refused) => this.options.onRefused?.(refused),
    onError: (error) => this.options.onError?.(error),
  };
}
