import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { TransportLimits } from './transport-limits.ts';

/** Who may speak SIP over a WebSocket, and where. */
export interface WebSocketSettings {
  /** The path of SIP in URLs, such as `/sip`. Default: any; needed beside an HTTP server of yours. */
  readonly path?: string;
  /**
   * The web origins whose pages may connect, such as `https://phone.example`. Default: none, and
   * who sends no `Origin`, as no browser does, may.
   */
  readonly origins?: readonly string[];
  /** Whether peers without an `Origin` may connect where `origins` are given. Default false. */
  readonly allowNoOrigin?: boolean;
  /** The path that we ask servers for. Default `/`. */
  readonly connectPath?: string;
  /** The `Origin` that we show to servers. Default: none. */
  readonly connectOrigin?: string;
}

/** What a door needs. */
export interface WebSocketDoorOptions {
  readonly settings: WebSocketSettings;
  readonly limits: TransportLimits;
  /** Whether this socket may become a connection; where not, it was closed. */
  admits(socket: Socket): boolean;
  onOpen(webSocket: WebSocket, socket: Socket): void;
}

/** Turns HTTP requests into WebSockets that speak SIP (RFC 6455 §4.2, RFC 7118 §4). */
export class WebSocketDoor {
  private readonly options: WebSocketDoorOptions;
  private readonly upgrader: WebSocketServer;

  constructor(options: WebSocketDoorOptions) {
    const { messageBytes: maxPayload, fragments: maxFragments } = options.limits;
    // newer than its type declarations: a flood of fragments is refused by ws itself
    const bounds: ServerOptions & { maxFragments: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // nothing that is small on the wire gets large here
      autoPong: false,
      maxPayload,
      maxFragments,
      handleProtocols: () => 'sip',
    };
    this.options = options;
    this.upgrader = new WebSocketServer(bounds);
  }

  /** Serves upgrades of an HTTP server; gives what ends that. */
  serve(server: HttpServer, isShared: boolean): () => void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const isOther = !this.isPath(request);
      if (isOther && isShared && server.listenerCount('upgrade') > 1) return; // another's to answer
      // an http.Server upgrades sockets of the network alone
      this.upgrade(request, socket as Socket, head);
    };
    server.on('upgrade', onUpgrade);
    return () => void server.off('upgrade', onUpgrade);
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const why = this.refusal(request);
    if (why !== undefined) {
      socket.on('error', () => {});
      socket.write(`HTTP/1.1 ${why}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      socket.destroySoon();
      return;
    }
    if (!this.options.admits(socket)) return;
    this.upgrader.handleUpgrade(request, socket, head, (webSocket) =>
      this.options.onOpen(webSocket, socket),
    );
  }

  private refusal(request: IncomingMessage): string | undefined {
    if (!this.isPath(request)) return '404 Not Found';
    if (!this.isFromAllowedOrigin(request.headers.origin)) return '403 Forbidden';
    const protocols = request.headers['sec-websocket-protocol']?.split(',') ?? [];
    // RFC 7118 §4: without this agreement it would not be SIP
    return protocols.some((name) => name.trim() === 'sip') ? undefined : '400 Bad Request';
  }

  private isPath({ url = '' }: IncomingMessage): boolean {
    const { path } = this.options.settings;
    return path === undefined || url.split('?', 1)[0] === path;
  }

  private isFromAllowedOrigin(origin: string | undefined): boolean {
    const { origins, allowNoOrigin = origins === undefined } = this.options.settings;
    return origin === undefined ? allowNoOrigin : (origins ?? []).includes(origin);
  }
}
