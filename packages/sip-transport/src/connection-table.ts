import { type Clock, type Endpoint, type Random, StrowgerError } from '@strowger/runtime';
import type { LocatedHead, Refusal } from '@strowger/sip-message';
import type { Channel } from './channel.ts';
import { Connection } from './connection.ts';
import type { ConnectionUser } from './connection-options.ts';
import { Entrance } from './entrance.ts';
import type { Gate } from './gate.ts';
import type { Hop, TransportName } from './hop.ts';
import { canonicalAddress } from './ip-address.ts';
import { Reconnects } from './reconnects.ts';
import type { Heard } from './reception.ts';
import type { SecurityEvents } from './security-events.ts';
import { sourceKey } from './source-key.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What a table is made of. */
export interface ConnectionTableOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly gate: Gate;
  readonly events: SecurityEvents;
  onHeard(heard: Heard): void;
  /** Bytes in which no message can be found; their connection closes. */
  onUnframed(refusal: Refusal, heard: Heard): void;
  /** A peer took, or did not take, a connection that we opened. */
  onReach(hop: Hop, reached: boolean): void;
  /** A peer answered a ping on this flow. */
  onPong(flow: string): void;
  /** A connection that was open is gone, whoever closed it. */
  onGone(hop: Hop): void;
}

/** What a connection that a peer opened is made of. */
export interface Accepted {
  readonly transport: TransportName;
  readonly channel: Channel;
  readonly remote: Endpoint;
}

/**
 * All connections, accepted and opened, found by flow or by the peer's address and port, so that
 * one is used again before another is opened (RFC 3261 §18).
 */
export class ConnectionTable {
  /** What a peer's connection passes before it is one of these. */
  readonly entrance: Entrance;
  private readonly options: ConnectionTableOptions;
  private readonly reconnects: Reconnects;
  /** Who wants to know how an attempt to connect comes out. */
  private readonly watchers = new Map<Connection, (reached: boolean) => void>();
  private readonly byFlow = new Map<string, Connection>();
  private readonly byPeer = new Map<string, Set<Connection>>();
  /** Every connection whose socket is not released yet. */
  private readonly held = new Set<Connection>();
  /** Makes flow names unknown to an earlier life of this process. */
  private readonly mark: string;
  private opened = 0;

  constructor(options: ConnectionTableOptions) {
    this.options = options;
    this.entrance = new Entrance(options);
    this.reconnects = new Reconnects(options);
    this.mark = options.random.token(32);
  }

  /** Sockets that are not released yet, those in a handshake included. */
  get size(): number {
    return this.entrance.places.size;
  }

  /** Bytes that wait in all connections together. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const connection of this.held) bytes += connection.waitingBytes;
    return bytes;
  }

  /** The open connection that the hop is pinned to, else one that reaches the same peer. */
  find(hop: Hop): Connection | undefined {
    const pinned = this.pinned(hop);
    if (pinned !== undefined) return pinned;
    let youngest: Connection | undefined;
    for (const one of this.byPeer.get(peerKey(hop)) ?? []) {
      if (one.reaches(hop.host)) youngest = one;
    }
    return youngest;
  }

  /** The open connection that the hop is pinned to. */
  pinned({ flow }: Hop): Connection | undefined {
    return flow === undefined ? undefined : this.byFlow.get(flow);
  }

  /** Takes a connection that a peer opened and that was admitted. */
  accept({ transport, channel, remote }: Accepted): void {
    this.options.metrics.connectionsAccepted++;
    this.add(channel, { transport, ...remote }, { accepted: true });
  }

  /**
   * Starts to connect; throws `TOO_MANY_CONNECTIONS` where a limit is reached, `CONNECT_FAILED` where
   * the peer took no connection just now.
   *
   * @param from the address of ours that leads there.
   */
  open(hop: Hop, from: string, make: () => Channel): Connection {
    const afterMs = this.reconnects.waitMs(hop);
    if (afterMs > 0) {
      const what = `${hop.address} port ${hop.port} took no connection just now`;
      throw new StrowgerError('CONNECT_FAILED', what, { recovery: { kind: 'retry', afterMs } });
    }
    if (!this.entrance.makesRoom()) {
      this.options.metrics.connectionsRefused++;
      throw new StrowgerError('TOO_MANY_CONNECTIONS', `no connection to ${hop.address} is left`);
    }
    this.entrance.places.take(hop.address);
    return this.add(make(), hop, { accepted: false, from });
  }

  /** Somebody on it is known by name now: it makes room for nobody. */
  trust(flow: string): void {
    const connection = this.byFlow.get(flow);
    if (connection !== undefined) this.entrance.strangers.remove(connection);
  }

  /** Closes what a source has. */
  shut(source: string): void {
    this.entrance.shut(source);
    for (const connection of this.held) {
      if (sourceKey(connection.remote.address) !== source) continue;
      connection.abort(new StrowgerError('CONNECTION_CLOSED', `${source} was banned`));
    }
  }

  /**
   * Closes those from an address that this machine no longer has: nothing comes there any more. What
   * waits for one that was to be opened from there fails with `CONNECT_FAILED`.
   */
  leave(isHere: (address: string) => boolean): void {
    for (const connection of this.held) if (!isHere(connection.from)) connection.leaveNetwork();
  }

  /** Tells once how an attempt to connect comes out: at once where it is open already. */
  watch(connection: Connection, ended: (reached: boolean) => void): void {
    if (connection.isOpen) ended(true);
    else this.watchers.set(connection, ended);
  }

  /** Closes all; resolves when every socket is released. */
  async close(): Promise<void> {
    this.reconnects.clear();
    this.entrance.close();
    for (const connection of this.held) connection.end();
    await this.entrance.places.empty();
  }

  private add(
    channel: Channel,
    hop: Hop,
    { accepted, from }: { accepted: boolean; from?: string },
  ): Connection {
    const { clock, limits, metrics, events } = this.options;
    const { transport, address, port, host } = hop;
    const connection = new Connection({
      id: `${transport}-${this.mark}-${++this.opened}`,
      transport,
      channel,
      remote: { address: canonicalAddress(address), port },
      host,
      accepted,
      from,
      clock,
      limits,
      metrics,
      events,
      user: this.user,
    });
    this.held.add(connection);
    if (accepted) this.entrance.strangers.add(connection);
    this.byFlow.set(connection.id, connection);
    const key = peerKey(connection.hop);
    const ofPeer = this.byPeer.get(key) ?? new Set();
    this.byPeer.set(key, ofPeer.add(connection));
    connection.start();
    return connection;
  }

  private readonly user: ConnectionUser = {
    onMessage: (bytes, connection, located) => {
      this.entrance.strangers.touch(connection);
      this.options.onHeard(heardFrom(connection, bytes, located));
    },
    onRefused: (refusal, bytes, connection) =>
      this.options.onUnframed(refusal, heardFrom(connection, bytes)),
    onKeepAlive: (kind, connection) => {
      if (kind === 'pong') this.options.onPong(connection.id);
    },
    onOpen: (connection) => {
      this.options.metrics.connectionsOpened++;
      this.reconnects.reached(connection.hop);
      this.options.onReach(connection.hop, true);
      this.ended(connection, true);
    },
    onGone: (connection, failedToOpen) => {
      this.forget(connection);
      if (connection.wasNotTaken) this.reconnects.failed(connection.hop);
      if (!failedToOpen) this.options.onGone(connection.hop);
      else if (!connection.wasWithdrawn) {
        this.options.metrics.connectsFailed++;
        this.options.onReach(connection.hop, false);
      }
      this.ended(connection, false);
    },
    onReleased: (connection) => {
      this.held.delete(connection);
      this.entrance.places.give(connection.remote.address);
    },
  };

  private ended(connection: Connection, reached: boolean): void {
    const told = this.watchers.get(connection);
    this.watchers.delete(connection);
    told?.(reached);
  }

  private forget(connection: Connection): void {
    this.entrance.strangers.remove(connection);
    this.byFlow.delete(connection.id);
    const key = peerKey(connection.hop);
    const ofPeer = this.byPeer.get(key);
    ofPeer?.delete(connection);
    if (ofPeer?.size === 0) this.byPeer.delete(key);
  }
}

function heardFrom(connection: Connection, bytes: Uint8Array, located?: LocatedHead): Heard {
  const { id: flow, transport, remote: from, local, identity: peer } = connection;
  return { bytes, located, transport, from, local, flow, peer };
}

function peerKey({ transport, address, port }: Hop): string {
  return `${transport} ${canonicalAddress(address)} ${port}`;
}
