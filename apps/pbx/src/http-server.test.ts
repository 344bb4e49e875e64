import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpServer } from './http-server.ts';

describe('the HTTP server', () => {
  let ready = true;
  let server: HttpServer;
  let url: string;

  beforeEach(async () => {
    ready = true;
    server = new HttpServer({
      source: {
        isReady: () => ready,
        counts: async () => ({ calls: 2 }),
        uptimeSeconds: () => 1.6,
      },
    });
    url = await server.listen('127.0.0.1:0');
  });
  afterEach(() => server.close());

  const get = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`${url}${path}`, { method });

  it('is healthy while it lives, and says what is alive in it', async () => {
    const response = await get('/health?verbose');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', uptimeSeconds: 2, counts: { calls: 2 } });
  });

  it('is ready until it drains', async () => {
    expect((await get('/ready')).status).toBe(200);
    ready = false;
    const draining = await get('/ready');
    expect([draining.status, await draining.json()]).toEqual([503, { status: 'draining' }]);
  });

  it('answers nothing else', async () => {
    expect((await get('/cdrs')).status).toBe(404);
    const posted = await get('/health', 'POST');
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
