import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
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

/** A running HTTP server. */
export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `GET /health`: 200 while the process lives, with the counts of what is alive in it.
 * `GET /ready`: 200 once it takes calls, 503 while it drains.
 */
export async function startHttp(listen: string, source: HttpSource): Promise<HttpServer> {
  const at = parseHostPort(listen);
  if (at === undefined) throw new Error(`${listen} is no address and port`);
  const server = createServer((request, response) => {
    void answer(request, response, source).catch(() => send(response, 500, { status: 'error' }));
  });
  // a slow or silent client holds nothing for long
  server.headersTimeout = 5000;
  server.requestTimeout = 10_000;
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.address, resolve);
  });
  // listening on an address: never a pipe's name
  const { port } = server.address() as AddressInfo;
  const host = at.address.includes(':') ? `[${at.address}]` : at.address;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

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
