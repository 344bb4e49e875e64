import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock, Endpoint } from '@strowger/runtime';
import type { WebSocket } from 'ws';
import type { ConnectionTable } from './connection-table.ts';
import type { TransportName } from './hop.ts';
import { StreamChannel } from './stream-channel.ts';
import type { TlsContexts } from './tls-contexts.ts';
import type { TransportLimits } from './transport-limits.ts';
import { WebSocketChannel } from './web-socket-channel.ts';
import { WebSocketDoor, type WebSocketSettings } from './web-socket-door.ts';

/** HTTP headers that a WebSocket's request may have, in bytes. */
const HTTP_HEADER_BYTES = 16_384;

/** What doors need. */
export interface StreamDoorsOptions {
  readonly clock: Clock;
  readonly limits: TransportLimits;
  readonly tls: TlsContexts;
  readonly webSocket: WebSocketSettings;
  readonly connections: ConnectionTable;
}

/** What is done with a socket that came in. */
type Door = (socket: Socket) => void;

/**
 * How accepted sockets become connections. They are admitted before any of the work of a handshake
 * is done for them.
 */
export class StreamDoors {
  private readonly options: StreamDoorsOptions;
  private readonly leave = new Set<() => void>();

  constructor(options: StreamDoorsOptions) {
    this.options = options;
  }

  /** The door for a transport's own listener. */
  open(transport: TransportName): Door {
    if (transport === 'ws' || transport === 'wss') return this.webSocketDoor(transport);
    return transport === 'tls' ? this.tlsDoor() : (socket) => this.take(socket);
  }

  /** Speaks SIP on an HTTP server of somebody else. */
  share(server: HttpServer, transport: TransportName): void {
    this.leave.add(this.webSockets(transport, false).serve(server, true));
  }

  /** Lets go of the servers that are somebody else's. */
  close(): void {
    for (const leave of this.leave) leave();
    this.leave.clear();
  }

  private take(socket: Socket): void {
    const { connections, limits } = this.options;
    const remote = connections.entrance.admits(socket);
    if (remote === undefined) return;
    const channel = new StreamChannel(socket, limits);
    connections.accept({ transport: 'tcp', channel, remote });
  }

  private tlsDoor(): Door {
    const { tls, limits, connections } = this.options;
    const terminator = createTlsServer(tls.serverOptions);
    tls.attach(terminator);
    terminator.on('secureConnection', (socket) => {
      socket.disableRenegotiation();
      const remote = remoteOf(socket);
      if (!connections.entrance.finishHandshake(socket)) {
        socket.destroy();
        return;
      }
      const channel = new StreamChannel(socket, limits);
      connections.accept({ transport: 'tls', channel, remote });
    });
    return this.handshake((socket) => void terminator.emit('connection', socket));
  }

  private webSocketDoor(transport: 'ws' | 'wss'): Door {
    const { tls } = this.options;
    const http = { maxHeaderSize: HTTP_HEADER_BYTES };
    const isSecure = transport === 'wss';
    const server = isSecure
      ? createHttpsServer({ ...tls.serverOptions, ...http })
      : createHttpServer(http);
    if ('setSecureContext' in server) {
      tls.attach(server);
      server.on('secureConnection', (socket) => socket.disableRenegotiation());
    }
    server.on('request', (_, response) => {
      response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end();
    });
    server.on('clientError', (_, socket) => socket.destroy());
    this.webSockets(transport, true).serve(server, false);
    return this.handshake((socket) => void server.emit('connection', socket));
  }

  private webSockets(transport: TransportName, isOurs: boolean): WebSocketDoor {
    const { limits, webSocket: settings } = this.options;
    // one of ours was admitted before its first byte was read
    const admits = (socket: Socket): boolean =>
      isOurs ? !socket.destroyed : this.begins(socket) !== undefined;
    return new WebSocketDoor({
      settings,
      limits,
      admits,
      onOpen: (webSocket, socket) => this.upgraded(transport, webSocket, socket),
    });
  }

  private upgraded(transport: TransportName, webSocket: WebSocket, socket: Socket): void {
    const { connections, clock, limits } = this.options;
    const remote = remoteOf(socket);
    if (!connections.entrance.finishHandshake(socket)) {
      webSocket.terminate();
      return;
    }
    const channel = new WebSocketChannel({ webSocket, socket, clock, limits });
    connections.accept({ transport, channel, remote });
  }

  private handshake(begin: Door): Door {
    return (socket) => {
      if (this.begins(socket) !== undefined) begin(socket);
    };
  }

  /** Gives a socket a place and a deadline; nothing where there is no place. */
  private begins(socket: Socket): Endpoint | undefined {
    const { connections } = this.options;
    const remote = connections.entrance.admits(socket);
    if (remote !== undefined) connections.entrance.beginHandshake(socket, remote);
    return remote;
  }
}

function remoteOf({ remoteAddress: address = '', remotePort: port = 0 }: Socket): Endpoint {
  return { address, port };
}
