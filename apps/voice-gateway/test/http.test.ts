import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isTone, scene, WebSocketProgram } from './scene.ts';

const TOKEN = '0123456789abcdef';

it('calls are placed for who knows the token, and the program talks in them', async () => {
  const program = await WebSocketProgram.start();
  const all = await scene({
    program: { type: 'pcm', url: program.url },
    parameters: { campaign: '1', lead: '0' },
    http: { listen: '127.0.0.1:0', token: TOKEN },
  });
  const ask = async (body: unknown, token = TOKEN): Promise<[number, Record<string, unknown>]> => {
    const response = await fetch(`${all.running.url}/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return [response.status, (await response.json()) as Record<string, unknown>];
  };
  const to = await all.caller.contact();
  const calls = all.caller.incoming();
  const [status, { id }] = await ask({ to, parameters: { lead: '42' } });
  expect(status).toBe(201);
  const { value: call } = await calls.next();
  if (call === undefined) throw new Error('no call came');
  expect(program.texts).toEqual([]); // nothing begins before the answer
  await call.answer();
  const start = await program.gets(({ type }) => type === 'start');
  expect(start).toMatchObject({
    id,
    direction: 'outbound',
    from: 'sip:agent@127.0.0.1',
    to,
    parameters: { campaign: '1', lead: '42' },
  });
  call.play({ type: 'tone', frequencyHz: 700 });
  const heard = (bytes: Buffer): boolean =>
    isTone(
      Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at)),
      8000,
      700,
    );
  while (!program.binary.some(heard)) await program.something();

  const health = await fetch(`${all.running.url}/health`);
  expect(await health.json()).toEqual({ status: 'ok', calls: 1 });
  expect((await fetch(`${all.running.url}/ready`)).status).toBe(200);
  expect((await fetch(`${all.running.url}/`)).status).toBe(404);
  expect((await fetch(`${all.running.url}/constructor`)).status).toBe(404);
  expect((await ask({ to }, 'fedcba9876543210'))[0]).toBe(401);
  expect((await ask({ to, speed: 1 }))[0]).toBe(400);
  expect((await ask('{'))[0]).toBe(400);
  expect((await ask('x'.repeat(70_000)))[0]).toBe(400);
  expect((await ask({ to: 'mailto:bob' }))[0]).toBe(400);
  await program.close();
  expect(await ask({ to })).toEqual([
    503,
    { error: expect.stringContaining('the program is down: connect ECONNREFUSED') as string },
  ]);
  await all.close();
});

it('nobody has calls placed where there is no token', async () => {
  const all = await scene({
    program: { type: 'pcm', url: 'ws://127.0.0.1:1/' },
    http: { listen: '127.0.0.1:0' },
  });
  const response = await fetch(`${all.running.url}/calls`, {
    method: 'POST',
    headers: { authorization: 'Bearer undefined' },
    body: '{"to":"bob"}',
  });
  expect(response.status).toBe(401);
  await all.close();
});

it('says which methods there are, where another was tried', async () => {
  const all = await scene({
    program: { type: 'pcm', url: 'ws://127.0.0.1:1/' },
    http: { listen: '127.0.0.1:0' },
  });
  const tried = async (method: string, path: string): Promise<[number, string | null]> => {
    const response = await fetch(`${all.running.url}${path}`, { method });
    return [response.status, response.headers.get('allow')];
  };
  expect(await tried('POST', '/health')).toEqual([405, 'GET, HEAD']);
  expect(await tried('DELETE', '/ready')).toEqual([405, 'GET, HEAD']);
  expect(await tried('GET', '/calls')).toEqual([405, 'POST']);
  expect(await tried('HEAD', '/health')).toEqual([200, null]);
  await all.close();
});

it('throws out who does not say what he wants, five seconds after he came', async () => {
  const all = await scene({
    program: { type: 'pcm', url: 'ws://127.0.0.1:1/' },
    http: { listen: '127.0.0.1:0' },
  });
  const { port } = new URL(all.running.url ?? '');
  const began = performance.now();
  const slow = connect(Number(port), '127.0.0.1');
  slow.write('GET /health HTTP/1.1\r\nHost: a\r\n');
  const [answer] = (await once(slow, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
  await once(slow, 'close');
  expect(performance.now() - began).toBeLessThan(15_000);
  await all.close();
});
