import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatagramIo, nodeRuntime } from '@strowger/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMediaEngine, type MediaEngine, toneShare } from '../src/index.ts';
import { buildWorker } from './build-worker.ts';

let folder = '';
let workerEntry: URL;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-media-'));
  workerEntry = await buildWorker(folder);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = { address: '127.0.0.1', ports: { from: 22_030, to: 22_049 } };

function start(workerDatagrams: URL | string): MediaEngine {
  return createMediaEngine({ ...settings, workers: 1, workerEntry, workerDatagrams });
}

const onEvent = (): void => {};

it('sockets of a worker are made by the module that it was given', async () => {
  const engine = start(new URL('./datagrams.mjs', import.meta.url));
  const a = await engine.openEndpoint({ label: 'a', onEvent });
  const b = await engine.openEndpoint({ label: 'b', onEvent });
  await a.acceptAnswer(await b.acceptOffer(await a.createOffer()));
  a.play({ type: 'tone', frequencyHz: 1000 });
  const reader = b.audioIn().getReader();
  for (let clear = 0; clear < 0.95; ) {
    const { value } = await reader.read();
    clear = value ? toneShare(value.samples, 8000, 1000) : 0;
  }
  await engine.close();
});

it.each([
  ['is not there', './missing.mjs', /missing\.mjs/],
  ['makes no sockets', './own-codec.mjs', /own-codec\.mjs: it lacks createDatagramIo/],
])('no endpoint is had where the module %s, and the worker lives on', async (_, path, reason) => {
  const engine = start(new URL(path, import.meta.url));
  for (let attempt = 0; attempt < 2; attempt++) {
    const endpoint = engine
      .openEndpoint({ label: 'a', onEvent })
      .then((opened) => opened.createOffer());
    await expect(endpoint).rejects.toMatchObject({
      code: 'MEDIA_DATAGRAMS_UNAVAILABLE',
      message: expect.stringMatching(reason) as string,
    });
  }
  expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  await engine.close();
});

it('all sockets are asked to mark what they send, where that is wanted', async () => {
  const asked: unknown[] = [];
  const { datagrams, ...rest } = nodeRuntime();
  const watched: DatagramIo = {
    open(options) {
      asked.push(options.dscp);
      return datagrams.open(options);
    },
  };
  for (const marks of [{ dscp: 46 }, {}]) {
    const engine = createMediaEngine({
      ...settings,
      runtime: { ...rest, datagrams: watched },
      ...marks,
    });
    const endpoint = await engine.openEndpoint({ label: 'a', onEvent });
    await endpoint.createOffer();
    await engine.close();
  }
  expect(asked).toEqual([46, 46, undefined, undefined]); // RTP and RTCP
  expect(() => createMediaEngine({ ...settings, dscp: 64 })).toThrow(
    expect.objectContaining({ code: 'MEDIA_BAD_DSCP' }),
  );
});
