import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { StrowgerError } from '@strowger/runtime';
import { openChannel } from './client-channel.ts';
import type { Connection } from './connection.ts';
import { ConnectionTable, type ConnectionTableOptions } from './connection-table.ts';
import type { Hop } from './hop.ts';
import type { LocalPoint } from './local-points.ts';
import { StreamChannel } from './stream-channel.ts';
import type { TlsContexts } from './tls-contexts.ts';

/** What listeners and connections need. */
export interface StreamSocketsOptions extends ConnectionTableOptions {
  readonly tls: TlsContexts;
  /** What a listener suffers while it listens. */
  onError(error: StrowgerError): void;
}

/** The listeners of a layer but those of UDP, and its connections. */
export class StreamSockets {
  readonly connections: ConnectionTable;
  private readonly options: StreamSocketsOptions;
  private readonly servers = new Set<Server>();

  constructor(options: StreamSocketsOptions) {
    this.options = options;
    this.connections = new ConnectionTable(options);
  }

  get size(): number {
    return this.servers.size;
  }

  /** Binds a point, unless it only connects; rejects with the system's error. */
  async bind(point: LocalPoint): Promise<void> {
    const { address, port, transport } = point.point;
    if (!point.serves) {
      point.bind({ address, port: 0 });
      return;
    }
    const take = transport === 'tls' ? this.tlsDoor() : this.tcpDoor();
    const server = createServer(take);
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
    this.options.tls.close();
  }

  private tcpDoor(): (socket: Socket) => void {
    return (socket) => {
      const remote = this.connections.admits(socket);
      if (remote === undefined) return;
      const channel = new StreamChannel(socket, this.options.limits);
      this.connections.accept({ transport: 'tcp', channel, remote });
    };
  }

  /** Sockets are admitted before any of the work of a handshake is done for them. */
  private tlsDoor(): (socket: Socket) => void {
    const { tls, limits } = this.options;
    const terminator = createTlsServer(tls.serverOptions);
    tls.attach(terminator);
    terminator.on('secureConnection', (socket) => {
      socket.disableRenegotiation();
      const { remoteAddress: address = '', remotePort: port = 0 } = socket;
      if (!this.connections.finishHandshake(socket)) {
        socket.destroy();
        return;
      }
      const channel = new StreamChannel(socket, limits);
      this.connections.accept({ transport: 'tls', channel, remote: { address, port } });
    });
    return (socket) => {
      const remote = this.connections.admits(socket);
      if (remote === undefined) return;
      this.connections.beginHandshake(socket, remote);
      terminator.emit('connection', socket);
    };
  }

  private open(hop: Hop, { point, isWildcard }: LocalPoint): Connection {
    const localAddress = isWildcard ? undefined : point.address;
    return this.connections.open(hop, () => openChannel(hop, localAddress, this.options));
  }
}
