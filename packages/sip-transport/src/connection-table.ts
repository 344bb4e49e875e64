import { connect, type Socket } from 'node:net';
import { type Clock, type Endpoint, type Random, StrowgerError } from '@strowger/runtime';
import type { Refusal } from '@strowger/sip-message';
import { Admission } from './admission.ts';
import { Connection, type ConnectionUser } from './connection.ts';
import type { Hop } from './hop.ts';
import { canonicalAddress } from './ip-address.ts';
import type { Heard } from './reception.ts';
import type { TransportLimits } from './transport-limits.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What a table is made of. */
export interface ConnectionTableOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  onHeard(heard: Heard): void;
  /** Bytes in which no message can be found; their connection closes. */
  onUnframed(refusal: Refusal, heard: Heard): void;
  /** A peer took, or did not take, a connection that we opened. */
  onReach(peer: Endpoint, reached: boolean): void;
  /** A connection that was open is gone, whoever closed it. */
  onGone(hop: Hop): void;
}

/**
 * All connections, accepted and opened, found by flow or by the peer's address and port, so that
 * one is used again before another is opened (RFC 3261 §18).
 */
export class ConnectionTable {
  private readonly options: ConnectionTableOptions;
  private readonly accepts: Admission;
  private readonly byFlow = new Map<string, Connection>();
  private readonly byPeer = new Map<string, Connection>();
  /** Every socket that is not released yet. */
  private readonly held = new Set<Connection>();
  private readonly perAddress = new Map<string, number>();
  /** Makes flow names unknown to an earlier life of this process. */
  private readonly mark: string;
  private opened = 0;
  private emptied: (() => void) | undefined;

  constructor(options: ConnectionTableOptions) {
    this.options = options;
    this.accepts = new Admission(options.clock, options.limits.acceptsPerSecond, 1);
    this.mark = options.random.token(32);
  }

  /** Sockets that are not released yet. */
  get size(): number {
    return this.held.size;
  }

  /** Bytes that wait in all connections together. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const connection of this.held) bytes += connection.waitingBytes;
    return bytes;
  }

  /** The open connection that the hop is pinned to, else one with its address and port. */
  find(hop: Hop): Connection | undefined {
    const pinned = hop.flow === undefined ? undefined : this.byFlow.get(hop.flow);
    return pinned ?? this.byPeer.get(peerKey(hop.address, hop.port));
  }

  /** Takes a connection that a peer opened, or closes it where a limit is reached. */
  accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    const { metrics } = this.options;
    if (address === undefined || port === undefined) {
      socket.destroy(); // the peer has left already
      return;
    }
    if (!this.accepts.admits('') || this.isFull(address)) {
      metrics.connectionsRefused++;
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    metrics.connectionsAccepted++;
    this.add(socket, address, port, true);
  }

  /** Starts to connect; throws `TOO_MANY_CONNECTIONS` where a limit is reached. */
  open(hop: Hop, localAddress: string | undefined): Connection {
    if (this.isFull(hop.address)) {
      this.options.metrics.connectionsRefused++;
      throw new StrowgerError('TOO_MANY_CONNECTIONS', `no connection to ${hop.address} is left`);
    }
    const socket = connect({
      host: hop.address,
      port: hop.port,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    return this.add(socket, hop.address, hop.port, false);
  }

  /** Closes all; resolves when every socket is released. */
  async close(): Promise<void> {
    for (const connection of this.held) connection.end();
    if (this.held.size > 0) await new Promise<void>((resolve) => (this.emptied = resolve));
  }

  private add(socket: Socket, address: string, port: number, accepted: boolean): Connection {
    const { clock, limits, metrics } = this.options;
    const connection = new Connection({
      id: `tcp-${this.mark}-${++this.opened}`,
      socket,
      remote: { address: canonicalAddress(address), port },
      accepted,
      clock,
      limits,
      metrics,
      user: this.user,
    });
    this.held.add(connection);
    this.byFlow.set(connection.id, connection);
    this.byPeer.set(peerKey(address, port), connection);
    const key = connection.remote.address;
    this.perAddress.set(key, (this.perAddress.get(key) ?? 0) + 1);
    connection.start();
    return connection;
  }

  private readonly user: ConnectionUser = {
    onMessage: (bytes, connection) => this.options.onHeard(heardFrom(connection, bytes)),
    onRefused: (refusal, bytes, connection) =>
      this.options.onUnframed(refusal, heardFrom(connection, bytes)),
    onOpen: (connection) => {
      this.options.metrics.connectionsOpened++;
      this.options.onReach(connection.remote, true);
    },
    onGone: (connection, failedToOpen) => {
      this.byFlow.delete(connection.id);
      const key = peerKey(connection.remote.address, connection.remote.port);
      if (this.byPeer.get(key) === connection) this.byPeer.delete(key);
      if (!failedToOpen) {
        this.options.onGone({ transport: 'tcp', ...connection.remote, flow: connection.id });
        return;
      }
      this.options.metrics.connectsFailed++;
      this.options.onReach(connection.remote, false);
    },
    onReleased: (connection) => {
      this.held.delete(connection);
      const key = connection.remote.address;
      const left = (this.perAddress.get(key) ?? 1) - 1;
      if (left > 0) this.perAddress.set(key, left);
      else this.perAddress.delete(key);
      if (this.held.size === 0) this.emptied?.();
    },
  };

  private isFull(address: string): boolean {
    const { connections, connectionsPerPeer } = this.options.limits;
    const ofPeer = this.perAddress.get(canonicalAddress(address)) ?? 0;
    return this.held.size >= connections || ofPeer >= connectionsPerPeer;
  }
}

function heardFrom({ id, remote, local }: Connection, bytes: Uint8Array): Heard {
  return { bytes, transport: 'tcp', from: remote, local, flow: id };
}

function peerKey(address: string, port: number): string {
  return `${canonicalAddress(address)} ${port}`;
}
