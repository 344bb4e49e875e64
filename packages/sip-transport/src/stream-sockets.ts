import { once } from 'node:events';
import { createServer, isIPv6, type Server } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import { openChannel } from './client-channel.ts';
import type { Racer } from './connection-race.ts';
import type { Connection } from './connection.ts';
import { ConnectionTable, type ConnectionTableOptions } from './connection-table.ts';
import { type Hop, isWebSocket } from './hop.ts';
import type { LocalPoint } from './local-points.ts';
import { markStream } from './service-class.ts';
import { StreamDoors } from './stream-doors.ts';
import type { TlsContexts } from './tls-contexts.ts';
import type { WebSocketSettings } from './web-socket-door.ts';

/** What listeners and connections need. */
export interface StreamSocketsOptions extends ConnectionTableOptions {
  readonly tls: TlsContexts;
  readonly webSocket: WebSocketSettings;
  /** How what leaves is marked. */
  readonly dscp: number | undefined;
  /** The address of this machine that leads to a peer. */
  towards(peer: string): string;
  /** What a listener suffers while it listens. */
  onError(error: StrowgerError): void;
}

/** The listeners of a layer but those of UDP, and its connections. */
export class StreamSockets {
  readonly connections: ConnectionTable;
  private readonly options: StreamSocketsOptions;
  private readonly servers = new Set<Server>();
  private readonly doors: StreamDoors;

  constructor(options: StreamSocketsOptions) {
    this.options = options;
    this.connections = new ConnectionTable(options);
    this.doors = new StreamDoors({ ...options, connections: this.connections });
  }

  get size(): number {
    return this.servers.size;
  }

  /** Binds a point, unless it only connects; rejects with the system's error. */
  async bind(point: LocalPoint): Promise<void> {
    const { address, port, transport, reusePort = false, server: shared } = point.point;
    if (!point.serves) {
      point.bind({ address, port: 0 });
      return;
    }
    if (shared !== undefined) {
      point.bind({ address, port: boundPort(shared) ?? port });
      this.doors.share(shared, transport);
      return;
    }
    const open = this.doors.open(transport);
    const server = createServer((socket) => {
      markStream(socket, this.options.dscp);
      open(socket);
    });
    const sharing: object = { reusePort }; // younger than the oldest Node's types
    server.listen({ host: address, port, ipv6Only: isIPv6(address), ...sharing });
    await once(server, 'listening');
    server.on('error', (cause) =>
      this.options.onError(
        new StrowgerError('ACCEPT_FAILED', 'cannot accept a connection', { cause }),
      ),
    );
    point.bind({ address, port: boundPort(server) ?? port });
    this.servers.add(server);
  }

  /**
   * Sends over the connection that the hop is pinned to, else one to its address and port, else a
   * new one; `failed` is called at most once.
   */
  send(
    bytes: Uint8Array,
    hop: Hop,
    point: LocalPoint,
    failed: (error: StrowgerError) => void,
  ): void {
    try {
      const connection = this.connectionFor(hop, point);
      connection.send(bytes, failed);
    } catch (error) {
      if (!StrowgerError.isInstance(error)) throw error;
      failed(error);
    }
  }

  /** Whether a message over this hop would find an open connection. */
  isConnected(hop: Hop): boolean {
    return this.connections.find(hop)?.isOpen === true;
  }

  /** Connects ahead of any message; `ended` is called once. */
  connect(hop: Hop, point: LocalPoint | undefined, ended: (reached: boolean) => void): Racer {
    const known = this.connections.find(hop);
    if (known !== undefined || point === undefined) {
      if (known === undefined) ended(false);
      else this.connections.watch(known, ended);
      return { withdraw: () => {} }; // another's
    }
    try {
      const connection = this.open(hop, point);
      this.connections.watch(connection, ended);
      return { withdraw: () => connection.withdraw() };
    } catch (error) {
      if (!StrowgerError.isInstance(error)) throw error;
      ended(false);
      return { withdraw: () => {} };
    }
  }

  /** Resolves when ports and connections are released. */
  async close(): Promise<void> {
    const servers = [...this.servers];
    this.servers.clear();
    const released = servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.doors.close();
    await this.connections.close();
    await Promise.all(released);
    this.options.tls.close();
  }

  /** Who connected by WebSocket cannot be connected to (RFC 7118 §5.2): its flow or none. */
  private connectionFor(hop: Hop, point: LocalPoint): Connection {
    if (hop.flow === undefined || !isWebSocket(hop.transport)) {
      return this.connections.find(hop) ?? this.open(hop, point);
    }
    const pinned = this.connections.pinned(hop);
    if (pinned !== undefined) return pinned;
    throw new StrowgerError('CONNECTION_CLOSED', `the WebSocket of ${hop.address} is closed`);
  }

  private open(hop: Hop, { point, isWildcard }: LocalPoint): Connection {
    const localAddress = isWildcard ? undefined : point.address;
    const from = localAddress ?? this.options.towards(hop.address);
    return this.connections.open(hop, from, () => openChannel(hop, localAddress, this.options));
  }
}

function boundPort(server: Server): number | undefined {
  const bound = server.address();
  return bound !== null && typeof bound === 'object' ? bound.port : undefined;
}
