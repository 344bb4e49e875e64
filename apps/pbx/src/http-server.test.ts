import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HttpServer, startHttp } from './http-server.ts';

describe('the HTTP server', () => {
  let ready = true;
  let server: HttpServer;

  beforeEach(async () => {
    ready = true;
    server = await startHttp('127.0.0.1:0', {
      isReady: () => ready,
      counts: async () => ({ calls: 2 }),
      uptimeSeconds: () => 1.6,
    });
  });
  afterEach(() => server.close());

  const get = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`${server.url}${path}`, { method });

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
