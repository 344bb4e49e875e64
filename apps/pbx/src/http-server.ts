import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseHostPort } from './config-schema.ts';

/** What the HTTP server tells. */
export interface HttpSource {
  /** Whether calls are taken; false while it drains. */
  isReady(): boolean;
  /** Live objects by kind. */
  counts(): Promise<Record<string, number>>;
  uptimeSeconds(): number;
}

/** The certificate that HTTP over TLS shows. */
export interface HttpCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What an HTTP server is made of. */
export interface HttpServerOptions {
  readonly source: HttpSource;
  /** HTTPS where it is given. */
  readonly certificate?: HttpCertificate | undefined;
  /** How many connections beside those of the API: WebSockets that share the port. Default 0. */
  readonly webSockets?: number;
}

/** Connections of the API at once. */
const CONNECTIONS = 256;

/**
 * `GET /health`: 200 while the process lives, with the counts of what is alive in it.
 * `GET /ready`: 200 once it takes calls, 503 while it drains.
 */
export class HttpServer {
  /** For who shares the port: SIP over WebSocket. */
  readonly server: Server | SecureServer;
  private readonly isSecure: boolean;

  constructor({ source, certificate, webSockets = 0 }: HttpServerOptions) {
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      void answer(request, response, source).catch(() => send(response, 500, { status: 'error' }));
    };
    // a slow or silent client holds nothing for long
    const limits = {
      headersTimeout: 5000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
    };
    this.isSecure = certificate !== undefined;
    this.server =
      certificate === undefined
        ? createServer(limits, onRequest)
        : createSecureServer({ ...limits, ...certificate, ...SECURE }, onRequest);
    this.server.maxConnections = CONNECTIONS + webSockets;
  }

  /**
   * Listens on an address and port such as `127.0.0.1:8080`, and resolves with the URL. Rejects
   * with the system's error.
   */
  async listen(at: string): Promise<string> {
    const where = parseHostPort(at);
    if (where === undefined) throw new Error(`${at} is no address and port`);
    const { address } = where;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(where.port, address, resolve);
    });
    // listening on an address: never a pipe's name
    const { port } = this.server.address() as AddressInfo;
    const host = address.includes(':') ? `[${address}]` : address;
    return `${this.isSecure ? 'https' : 'http'}://${host}:${port}`;
  }

  /** Later handshakes show this certificate. Throws OpenSSL's error, and nothing has changed. */
  reload(certificate: HttpCertificate): void {
    if ('setSecureContext' in this.server) {
      this.server.setSecureContext({ ...certificate, minVersion: SECURE.minVersion });
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

const SECURE = { minVersion: 'TLSv1.2', handshakeTimeout: 10_000 } as const;

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: HttpSource,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    send(response, 405, { status: 'error', message: 'only GET is answered' });
    return;
  }
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path === '/health') {
    const uptimeSeconds = Math.round(source.uptimeSeconds());
    send(response, 200, { status: 'ok', uptimeSeconds, counts: await source.counts() });
    return;
  }
  if (path === '/ready') {
    const ready = source.isReady();
    send(response, ready ? 200 : 503, { status: ready ? 'ready' : 'draining' });
    return;
  }
  send(response, 404, { status: 'error', message: '/health and /ready are here' });
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}
