import { once } from 'node:events';
import { createServer, isIPv6, type Server } from 'node:net';
import { StrowgerError } from '@strowger/runtime';
import type { Connection } from './connection.ts';
import { ConnectionTable, type ConnectionTableOptions } from './connection-table.ts';
import type { Hop } from './hop.ts';
import type { LocalPoint } from './local-points.ts';

/** What listeners and connections need. */
export interface TcpSocketsOptions extends ConnectionTableOptions {
  /** What a listener suffers while it listens. */
  onError(error: StrowgerError): void;
}

/** The TCP listeners of a layer, and its connections. */
export class TcpSockets {
  readonly connections: ConnectionTable;
  private readonly options: TcpSocketsOptions;
  private readonly servers = new Set<Server>();

  constructor(options: TcpSocketsOptions) {
    this.options = options;
    this.connections = new ConnectionTable(options);
  }

  get size(): number {
    return this.servers.size;
  }

  /** Binds a point; rejects with the system's error. */
  async bind(point: LocalPoint): Promise<void> {
    const { address, port } = point.point;
    const server = createServer((socket) => this.connections.accept(socket));
    server.listen({ host: address, port, ipv6Only: isIPv6(address) });
    await once(server, 'listening');
    server.on('error', (cause) =>
      this.options.onError(
        new StrowgerError('ACCEPT_FAILED', 'cannot accept a connection', { cause }),
      ),
    );
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') point.bind({ address, port: bound.port });
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
      const connection = this.connections.find(hop) ?? this.open(hop, point);
      connection.send(bytes, failed);
    } catch (error) {
      if (!StrowgerError.isInstance(error)) throw error;
      failed(error);
    }
  }

  /** Resolves when ports and connections are released. */
  async close(): Promise<void> {
    const servers = [...this.servers];
    this.servers.clear();
    const released = servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await this.connections.close();
    await Promise.all(released);
  }

  private open(hop: Hop, { point, isWildcard }: LocalPoint): Connection {
    return this.connections.open(hop, isWildcard ? undefined : point.address);
  }
}
