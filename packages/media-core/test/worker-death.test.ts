import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createMediaEngine,
  type MediaEndpointEvent,
  type MediaEngine,
  type MediaEngineOptions,
} from '../src/index.ts';
import { buildWorker } from './build-worker.ts';

let folder = '';
let mortal: URL;
let stuck: URL;
let endless: URL;

/** A worker that dies when an endpoint of it shall echo. */
const MORTAL = `
import { parentPort } from 'node:worker_threads';
import './worker.mjs';
parentPort.on('message', ({ method }) => { if (method === 'echo') throw new Error('struck down'); });
`;

/** One that hangs when an endpoint of it shall echo. */
const STUCK = MORTAL.replace("throw new Error('struck down')", 'for (;;);');

/** One that never gets as far as its program. */
const ENDLESS = 'for (;;);';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-media-'));
  await buildWorker(folder);
  await writeFile(join(folder, 'mortal.mjs'), MORTAL);
  mortal = pathToFileURL(join(folder, 'mortal.mjs'));
  await writeFile(join(folder, 'stuck.mjs'), STUCK);
  stuck = pathToFileURL(join(folder, 'stuck.mjs'));
  await writeFile(join(folder, 'endless.mjs'), ENDLESS);
  endless = pathToFileURL(join(folder, 'endless.mjs'));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

function engineWith(workerEntry: URL, options: Partial<MediaEngineOptions> = {}): MediaEngine {
  const ports = { from: 23_000, to: 23_099 };
  return createMediaEngine({ address: '127.0.0.1', ports, workers: 1, workerEntry, ...options });
}

/** An endpoint, and the first that it tells. */
async function opened(engine: MediaEngine) {
  let tell: (event: MediaEndpointEvent) => void = () => {};
  const told = new Promise<MediaEndpointEvent>((resolve) => (tell = resolve));
  const endpoint = await engine.openEndpoint({ label: 'x', onEvent: (event) => tell(event) });
  return { endpoint, told };
}

it('tells the endpoints of a worker that died, frees their ports, and takes a new worker', async () => {
  const engine = engineWith(mortal);
  const { endpoint, told } = await opened(engine);
  const playback = endpoint.play({ type: 'tone', frequencyHz: 440 });
  endpoint.echo(true);
  expect(await told).toMatchObject({ type: 'failed', code: 'MEDIA_WORKER_DIED' });
  await expect(playback.finished).rejects.toMatchObject({ code: 'MEDIA_FAILED' });
  await expect(endpoint.createOffer()).rejects.toMatchObject({ code: 'MEDIA_FAILED' });
  expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  expect(await endpoint.close()).toMatchObject({ packetsSent: 0 });

  const next = await engine.openEndpoint({ label: 'y', onEvent() {} });
  expect(await next.createOffer()).toContain('m=audio');
  await engine.close();
  expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
});

it('ends a worker that hangs, tells its endpoints, and takes a new worker', async () => {
  const ports = { from: 23_100, to: 23_101 };
  const engine = engineWith(stuck, { ports, portRestMs: 0, workerTimeoutMs: 500 });
  const { endpoint, told } = await opened(engine);
  await endpoint.createOffer();
  endpoint.echo(true);
  const died = { type: 'failed', code: 'MEDIA_WORKER_DIED' };
  expect(await told).toMatchObject(died);
  expect(await told).toHaveProperty('message', expect.stringContaining('did nothing for 500 ms'));
  await expect(endpoint.createOffer()).rejects.toMatchObject({ code: 'MEDIA_FAILED' });

  const next = await engine.openEndpoint({ label: 'y', onEvent() {} });
  expect(await next.createOffer()).toContain('m=audio 23100');
  await engine.close();
});

it('refuses what a worker was asked for that never begins', async () => {
  const engine = engineWith(endless, { workerTimeoutMs: 100 });
  await expect(engine.openEndpoint({ label: 'x', onEvent() {} })).rejects.toMatchObject({
    code: 'MEDIA_WORKER_DIED',
  });
  await engine.close();
});

it.each([99, 600_001, Number.NaN])(
  'refuses %d ms for a worker to do nothing',
  (workerTimeoutMs) => {
    expect(() => engineWith(mortal, { workerTimeoutMs })).toThrow(
      expect.objectContaining({ code: 'MEDIA_BAD_TIMEOUT' }),
    );
  },
);

it('says so when the worker was not built', () => {
  expect(() => engineWith(new URL('nowhere.mjs', mortal))).toThrow(
    expect.objectContaining({ code: 'MEDIA_WORKER_MISSING' }),
  );
});
