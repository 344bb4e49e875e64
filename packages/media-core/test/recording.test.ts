import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaEngine, levelDbm0, type RecordTarget, toneShare } from '../src/index.ts';
import { HttpSink } from '../src/recording/http-sink.ts';
import { openWriter } from '../src/recording/index.ts';
import { buildWorker } from './build-worker.ts';
import { listenToOgg, readPages } from './ogg.ts';
import { engineOn, listening, mediaSimulation } from './simulated.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-recording-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two endpoints that talk: ours, and one that says a tone of 440 Hz. */
async function talk(codec = 'pcmu') {
  const simulation = mediaSimulation();
  const ours = engineOn(simulation, { name: 'ours', address: '10.0.0.1' });
  const theirs = engineOn(simulation, { name: 'theirs', address: '10.0.0.2' });
  const { endpoint } = await listening(ours, [codec]);
  const { endpoint: far } = await listening(theirs, [codec]);
  await far.acceptAnswer(await endpoint.acceptOffer(await far.createOffer()));
  far.play({ type: 'tone', frequencyHz: 440, levelDbm0: -10 });
  await simulation.run(500);
  const close = async (): Promise<void> => {
    await ours.close();
    await theirs.close();
  };
  return { simulation, endpoint, ours, close };
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a recording as Opus in Ogg (RFC 7845)', () => {
  it('has whole pages, as many samples as it took, and the tone', async () => {
    const { simulation, endpoint, close } = await talk();
    const path = join(folder, 'mono.ogg');
    const recording = await endpoint.record(path, { format: 'ogg' });
    await simulation.run(3000);
    const { durationMs, sha256, lostMs, path: where } = await recording.stop();
    expect({ durationMs, lostMs, where }).toEqual({ durationMs: 3000, lostMs: 0, where: path });
    const bytes = new Uint8Array(await readFile(path));
    expect(sha256).toBe(hashOf(bytes));
    const pages = readPages(bytes);
    expect(pages.every(({ isSound }) => isSound)).toBe(true);
    expect(pages.map(({ sequence }) => sequence)).toEqual(pages.map((_, at) => at));
    expect(new Set(pages.map(({ serial }) => serial)).size).toBe(1);
    expect(pages.map(({ flags }) => flags)).toEqual([2, ...pages.slice(2).map(() => 0), 4]);
    const [head] = pages[0]?.packets ?? [];
    expect(new TextDecoder().decode(head?.subarray(0, 8))).toBe('OpusHead');
    const preSkip = (head?.[10] ?? 0) + 256 * (head?.[11] ?? 0);
    expect(pages.at(-1)?.granule).toBe(preSkip + 3 * 48_000);
    const [heard = new Int16Array(0)] = await listenToOgg(bytes);
    expect(heard).toHaveLength(3 * 48_000);
    expect(toneShare(heard.subarray(4800), 48_000, 440)).toBeGreaterThan(0.9);
    expect(bytes.length).toBeLessThan(3 * 4000); // of 48 000 as WAV
    await close();
  });

  it('has one leg per channel, in step, and nothing of what was paused', async () => {
    const { simulation, endpoint, close } = await talk('opus');
    const path = join(folder, 'stereo.ogg');
    const recording = await endpoint.record(path, { format: 'ogg', channels: 'stereo' });
    endpoint.play({ type: 'tone', frequencyHz: 1000, levelDbm0: -10 }, { durationMs: 1000 });
    await simulation.run(1000);
    recording.pause();
    await simulation.run(2000);
    recording.resume();
    await simulation.run(1000);
    expect((await recording.stop()).durationMs).toBe(2000);
    const [left, right] = await listenToOgg(new Uint8Array(await readFile(path)));
    if (left === undefined || right === undefined) throw new Error('two channels');
    expect(toneShare(left.subarray(9600), 48_000, 440)).toBeGreaterThan(0.9);
    expect(toneShare(right.subarray(9600, 43_200), 48_000, 1000)).toBeGreaterThan(0.9);
    expect(levelDbm0(right.subarray(57_600))).toBeLessThan(-60);
    await close();
  });

  it('opens nothing where there is no encoder for it', async () => {
    const path = join(folder, 'never.ogg');
    const opening = openWriter({
      target: { type: 'file', path },
      format: 'ogg',
      channels: 3 as 2, // what no encoder is made for
      sampleRate: 8000,
      runtime: nodeRuntime(),
      push() {},
    });
    await expect(opening).rejects.toThrow();
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is what a conference records as well', async () => {
    const { simulation, ours, close } = await talk();
    const room = await ours.openConference({ label: 'room' });
    const target = { type: 'file', path: join(folder, 'room.ogg') } as const;
    const recording = await room.record(target, { format: 'ogg' });
    await simulation.run(1000);
    expect((await recording.stop()).durationMs).toBe(1000);
    expect(readPages(new Uint8Array(await readFile(target.path))).at(-1)?.flags).toBe(4);
    await room.close();
    await close();
  });
});

/** A server that takes what it is sent, and what it was sent. */
async function serverOf(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/calls/1?token=secret`, close };
}

describe('a recording that is sent to a server', () => {
  it.each(['wav', 'ogg'] as const)('comes in chunks while it is made: %s', async (format) => {
    const { simulation, endpoint, close } = await talk();
    const seen: { method?: string; type?: string; length?: string; body: Uint8Array }[] = [];
    const server = await serverOf(async (request, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of request) chunks.push(chunk as Uint8Array);
      const { method, headers } = request;
      const length = headers['content-length'];
      seen.push({
        ...(method && { method }),
        ...(headers['content-type'] && { type: headers['content-type'] }),
        ...(length && { length }),
        body: new Uint8Array(Buffer.concat(chunks)),
      });
      response.writeHead(201).end();
    });
    const recording = await endpoint.record({ type: 'http', url: server.url }, { format });
    await simulation.run(2000);
    const { path, durationMs, sha256 } = await recording.stop();
    expect(durationMs).toBe(2000);
    expect(path).toBe(server.url.replace('?token=secret', ''));
    expect(seen).toMatchObject([{ method: 'PUT', type: `audio/${format}` }]);
    expect(seen[0]?.length).toBeUndefined();
    const body = seen[0]?.body ?? new Uint8Array(0);
    expect(sha256).toBe(hashOf(body));
    if (format === 'wav') expect(body).toHaveLength(44 + 2 * 16_000);
    else expect((await listenToOgg(body))[0]).toHaveLength(2 * 48_000);
    await close();
    await server.close();
  });

  it('tells at the end that the server does not want it, or is not there', async () => {
    const { simulation, endpoint, close } = await talk();
    const server = await serverOf((_, response) => {
      response.writeHead(413, { Connection: 'close' }).end();
    });
    const attempt = async (target: RecordTarget): Promise<string> => {
      const recording = await endpoint.record(target);
      await simulation.run(1000);
      return recording.stop().then(
        () => 'fine',
        ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
      );
    };
    expect(await attempt({ type: 'http', url: server.url })).toMatch(
      /^RECORDING_FAILED .*answers 413$/u,
    );
    await server.close();
    const gone = await attempt({ type: 'http', url: server.url, method: 'POST' });
    expect(gone).toMatch(/^RECORDING_FAILED .*ECONNREFUSED/u);
    expect(gone).not.toContain('secret');
    await expect(endpoint.record({ type: 'http', url: 'ftp://host/' })).rejects.toMatchObject({
      code: 'RECORDING_FAILED',
    });
    for (const format of ['ogg', 'wav'] as const) {
      const recording = endpoint.record(`/nowhere/at/all.${format}`, { format });
      await expect(recording).rejects.toMatchObject({ code: 'RECORDING_FAILED' });
    }
    await close();
  });

  it.each(['hangs up', 'has done'])('fails where a server answers at once and %s', async (what) => {
    const server = await serverOf((request, response) => {
      response.writeHead(200);
      if (what === 'has done') response.end();
      else response.flushHeaders();
      request.once('data', () => request.socket.end());
    });
    const sink = new HttpSink({ url: server.url }, 'audio/wav', new VirtualClock());
    sink.write(new Uint8Array(100));
    await expect.poll(() => sink.isFull).toBe(true);
    await expect(sink.close()).rejects.toMatchObject({
      code: 'RECORDING_FAILED',
      message: expect.stringMatching(/before it had everything$/u),
    });
    await server.close();
  });

  it('is whole where a server answers at once and takes everything', async () => {
    let heard = 0;
    const server = await serverOf((request, response) => {
      response.writeHead(200).flushHeaders();
      request.on('data', ({ length }: Uint8Array) => (heard += length));
      request.once('end', () => response.end());
    });
    const sink = new HttpSink({ url: server.url }, 'audio/wav', new VirtualClock());
    sink.write(new Uint8Array(100));
    await expect.poll(() => heard).toBe(100);
    sink.write(new Uint8Array(100));
    await sink.close();
    await expect.poll(() => heard).toBe(200);
    await server.close();
  });

  it('does not grow for a server that does not read, nor wait for one that does not answer', async () => {
    const server = await serverOf((request) => request.pause());
    const clock = new VirtualClock();
    const sink = new HttpSink({ url: server.url }, 'audio/wav', clock);
    let written = 0;
    while (!sink.isFull && written < 100) {
      sink.write(new Uint8Array(65_536));
      written++;
    }
    expect(sink.isFull).toBe(true);
    expect(written).toBeLessThan(100);
    const closing = sink.close();
    clock.advance(15_000);
    await expect(closing).rejects.toMatchObject({ code: 'RECORDING_FAILED' });
    await server.close();
  });
});

describe('a recording that a program takes', () => {
  const taking = (take: (bytes: Uint8Array) => void | Promise<void>) => {
    const state = { closed: false };
    const stream = new WritableStream<Uint8Array>({
      write: (bytes) => take(bytes),
      close: () => {
        state.closed = true;
      },
    });
    return { stream, state };
  };

  it('comes as bytes, and ends the stream', async () => {
    const { simulation, endpoint, close } = await talk();
    const chunks: Uint8Array[] = [];
    const { stream, state } = taking((bytes) => void chunks.push(bytes));
    const recording = await endpoint.record({ type: 'stream', stream }, { format: 'ogg' });
    await simulation.run(2000);
    const { path, durationMs, sha256, lostMs } = await recording.stop();
    expect({ path, durationMs, lostMs }).toEqual({ path: '', durationMs: 2000, lostMs: 0 });
    const bytes = new Uint8Array(Buffer.concat(chunks));
    expect([sha256, state.closed]).toEqual([hashOf(bytes), true]);
    expect((await listenToOgg(bytes))[0]).toHaveLength(2 * 48_000);
    await close();
  });

  it('misses what a slow program does not take, and says how much', async () => {
    const { simulation, endpoint, close } = await talk();
    let goOn = (): void => {};
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const { stream } = taking(() => gate);
    const recording = await endpoint.record({ type: 'stream', stream });
    await simulation.run(90_000);
    goOn();
    const { durationMs, lostMs } = await recording.stop();
    expect(lostMs).toBeGreaterThan(20_000);
    expect(durationMs + lostMs).toBe(90_000);
    await close();
  });

  it('goes on whole where a second one is refused meanwhile', async () => {
    const { simulation, endpoint, close } = await talk();
    const chunks: Uint8Array[] = [];
    const { stream, state } = taking((bytes) => void chunks.push(bytes));
    const recording = await endpoint.record({ type: 'stream', stream });
    await simulation.run(1000);
    const strays: Uint8Array[] = [];
    const other = taking((bytes) => void strays.push(bytes));
    const refused = endpoint.record({ type: 'stream', stream: other.stream });
    const stopping = recording.stop();
    await expect(refused).rejects.toMatchObject({ code: 'MEDIA_WRONG_STATE' });
    const { sha256 } = await stopping;
    expect([sha256, state.closed]).toEqual([hashOf(Buffer.concat(chunks)), true]);
    expect([strays, other.stream.locked]).toEqual([[], false]);
    await close();
  });

  it.each(['takes', 'fails'])('leaves the next one alone when it %s late', async (what) => {
    const { simulation, endpoint, close } = await talk();
    let finish = (): void => {};
    const gate = new Promise<void>((resolve, reject) => {
      finish = what === 'fails' ? () => reject(new Error('no disk')) : resolve;
    });
    const slow = taking(() => gate);
    const recording = await endpoint.record({ type: 'stream', stream: slow.stream });
    await simulation.run(60_000);
    const stopping = recording.stop().catch(({ code }: { code: string }) => code);
    let goOn = (): void => {};
    const nextGate = new Promise<void>((resolve) => (goOn = resolve));
    const { stream } = taking(() => nextGate);
    const next = await endpoint.record({ type: 'stream', stream });
    finish();
    if (what === 'fails') expect(await stopping).toBe('RECORDING_FAILED');
    else expect(await stopping).toMatchObject({ durationMs: 60_000, lostMs: 0 });
    await simulation.run(90_000);
    goOn();
    const { durationMs, lostMs } = await next.stop();
    expect(durationMs).toBeGreaterThan(60_000);
    expect(lostMs).toBeGreaterThan(20_000);
    await close();
  });

  it('tells that the program has failed, and closes the stream with the endpoint', async () => {
    const { simulation, endpoint, close } = await talk();
    const broken = taking(() => Promise.reject(new Error('no disk')));
    const failing = await endpoint.record({ type: 'stream', stream: broken.stream });
    await simulation.run(1000);
    await expect(failing.stop()).rejects.toMatchObject({ code: 'RECORDING_FAILED' });
    const { stream, state } = taking(() => {});
    const recording = await endpoint.record({ type: 'stream', stream });
    await expect(endpoint.record({ type: 'stream', stream })).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await simulation.run(1000);
    await endpoint.close();
    expect((await recording.stop()).durationMs).toBe(1000);
    expect(state.closed).toBe(true);
    await close();
  });
});

describe('recording in a worker thread', () => {
  it('hands a program its bytes across', async () => {
    const engine = createMediaEngine({
      address: '127.0.0.1',
      ports: { from: 21_000, to: 21_099 },
      workers: 1,
      workerEntry: await buildWorker(folder),
    });
    const endpoint = await engine.openEndpoint({ label: 'test', onEvent() {} });
    const chunks: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({ write: (bytes) => void chunks.push(bytes) });
    const recording = await endpoint.record({ type: 'stream', stream });
    const { sha256 } = await recording.stop();
    expect(sha256).toBe(hashOf(new Uint8Array(Buffer.concat(chunks))));
    expect(chunks[0]?.length).toBe(44);
    await engine.close();
  }, 60_000);
});
