import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Gateway } from './gateway.ts';

/** What is asked of the HTTP server is short. */
const MOST_BYTES = 65_536;
const CONNECTIONS = 256;

/** What is answered where (RFC 9110 §15.5.6). */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  '/health': ['GET', 'HEAD'],
  '/ready': ['GET', 'HEAD'],
  '/calls': ['POST'],
};

const order = z.strictObject({
  to: z.string().min(1).max(1000),
  parameters: z.record(z.string().min(1).max(256), z.string().max(4096)).default({}),
});

/** What an HTTP server is made of. */
export interface HttpServerOptions {
  readonly gateway: Pick<Gateway, 'calls' | 'isReady' | 'place'>;
  /** Who knows it may have calls placed; nobody may without. */
  readonly token?: string | undefined;
}

/**
 * `GET /health`: 200 with the number of calls; `GET /ready`: 200 while calls are taken, else 503;
 * `POST /calls` with `{ to, parameters }` and the token as bearer (RFC 6750): 201 with the call's id.
 */
export class HttpServer {
  private readonly options: HttpServerOptions;
  private readonly server: Server;

  constructor(options: HttpServerOptions) {
    this.options = options;
    // a slow or silent client holds nothing for long
    const limits = {
      headersTimeout: 5000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1000,
    };
    this.server = createServer(limits, (request, response) => {
      this.answer(request, response).catch(() => send(response, 500, { error: 'it failed' }));
    });
    this.server.maxConnections = CONNECTIONS;
  }

  /** Resolves with the URL; rejects with the system's error. */
  async listen({ host, port }: { host: string; port: number }): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    // listening on an address: never a pipe's name
    const { port: taken } = this.server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { gateway } = this.options;
    const { method = '', url = '/' } = request;
    const [path = '/'] = url.split('?', 1);
    const allowed = Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
    if (allowed === undefined) {
      return send(response, 404, { error: 'GET /health, GET /ready and POST /calls are here' });
    }
    if (!allowed.includes(method)) {
      response.setHeader('Allow', allowed.join(', '));
      return send(response, 405, { error: `${path} answers ${allowed.join(' and ')}` });
    }
    if (path === '/calls') return this.place(request, response);
    if (path === '/health') return send(response, 200, { status: 'ok', calls: gateway.calls });
    return send(response, gateway.isReady ? 200 : 503, { ready: gateway.isReady });
  }

  private async place(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.mayPlace(request.headers.authorization)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      return send(response, 401, { error: 'the token is needed' });
    }
    const body = await bodyOf(request);
    const wanted = order.safeParse(body);
    if (!wanted.success) {
      return send(response, 400, { error: '{ "to": …, "parameters": { … } } is wanted' });
    }
    const { to, parameters } = wanted.data;
    const placing = await this.options.gateway.place(to, parameters);
    switch (placing.kind) {
      case 'placed':
        return send(response, 201, { id: placing.id });
      case 'badTarget':
        return send(response, 400, { error: placing.detail });
      case 'programDown':
        return send(response, 503, { error: `the program is down: ${placing.detail}` });
      case 'full':
        return send(response, 503, { error: 'no more calls are taken' });
      default:
        placing satisfies never;
    }
  }

  private mayPlace(authorization = ''): boolean {
    const { token } = this.options;
    if (token === undefined) return false;
    const [shown, wanted] = [Buffer.from(authorization), Buffer.from(`Bearer ${token}`)];
    return shown.length === wanted.length && timingSafeEqual(shown, wanted);
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer; // no encoding was set
    length += bytes.length;
    if (length > MOST_BYTES) return undefined;
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    return undefined;
  }
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
