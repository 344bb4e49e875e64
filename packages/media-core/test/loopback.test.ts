import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createMediaEngine,
  type MediaEndpoint,
  type MediaEndpointEvent,
  type MediaEngine,
  type PcmFrame,
  readWav,
  toneShare,
  ToneSource,
  WavWriter,
} from '../src/index.ts';
import { wavHeader } from '../src/audio/wav-format.ts';
import { buildWorker } from './build-worker.ts';

let folder = '';
let workerEntry: URL;
let engine: MediaEngine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-media-'));
  workerEntry = await buildWorker(folder);
}, 60_000);

afterEach(() => engine.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Side {
  endpoint: MediaEndpoint;
  events: MediaEndpointEvent[];
  /** Resolves with the first event of a type, also one that came before. */
  told(type: MediaEndpointEvent['type']): Promise<MediaEndpointEvent>;
}

async function side(label: string, codecs?: string[]): Promise<Side> {
  const events: MediaEndpointEvent[] = [];
  const waiting: (() => void)[] = [];
  const onEvent = (event: MediaEndpointEvent): void => {
    events.push(event);
    for (const wake of waiting.splice(0)) wake();
  };
  const endpoint = await engine.openEndpoint({ label, ...(codecs && { codecs }), onEvent });
  const told = async (type: MediaEndpointEvent['type']): Promise<MediaEndpointEvent> => {
    for (;;) {
      const event = events.find((one) => one.type === type);
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { endpoint, events, told };
}

async function connect(caller: MediaEndpoint, callee: MediaEndpoint): Promise<void> {
  const answer = await callee.acceptOffer(await caller.createOffer());
  await caller.acceptAnswer(answer);
}

/** Whether most tenths of a second hold this tone alone: a busy machine may break a few. */
function hearsTone(samples: Int16Array, frequencyHz: number): boolean {
  const shares: number[] = [];
  for (let at = 0; at + 800 <= samples.length; at += 800) {
    shares.push(toneShare(samples.subarray(at, at + 800), 8000, frequencyHz));
  }
  const clear = shares.filter((share) => share > 0.95);
  return clear.length > shares.length / 2;
}

/** How many tenths of a second hold this tone alone. */
function tenthsOf(samples: Int16Array, frequencyHz: number): number {
  let count = 0;
  for (let at = 0; at + 800 <= samples.length; at += 800) {
    if (toneShare(samples.subarray(at, at + 800), 8000, frequencyHz) > 0.95) count++;
  }
  return count;
}

/** Reads so many frames into one block. */
async function hear(endpoint: MediaEndpoint, frames: number): Promise<Int16Array> {
  const reader = endpoint.audioIn().getReader();
  const blocks: PcmFrame[] = [];
  while (blocks.length < frames) {
    const { value } = await reader.read();
    if (value === undefined) break;
    blocks.push(value);
  }
  await reader.cancel();
  return Int16Array.from(blocks.flatMap(({ samples }) => [...samples]));
}

describe.each([
  [0, 0],
  [1, 0],
  [1, 2],
])('two endpoints over real sockets, workers: %i, wakeUpMs: %i', (workers, wakeUpMs) => {
  const start = (): void => {
    engine = createMediaEngine({
      address: '127.0.0.1',
      ports: {
        from: 21_000 + workers * 100 + wakeUpMs * 100,
        to: 21_099 + workers * 100 + wakeUpMs * 100,
      },
      workers,
      wakeUpMs,
      workerEntry,
    });
  };

  it('hear the tones that each other plays', async () => {
    start();
    const [a, b] = [await side('a'), await side('b', ['pcma'])];
    await connect(a.endpoint, b.endpoint);
    a.endpoint.play({ type: 'tone', frequencyHz: 440 });
    b.endpoint.play({ type: 'tone', frequencyHz: 1000 });
    await Promise.all([a.told('started'), b.told('started')]);
    const [heardByA, heardByB] = await Promise.all([hear(a.endpoint, 40), hear(b.endpoint, 40)]);
    expect(hearsTone(heardByA.subarray(1600), 1000)).toBe(true);
    expect(hearsTone(heardByB.subarray(1600), 440)).toBe(true);
    const stats = await a.endpoint.close();
    expect(stats).toMatchObject({ codec: 'pcma', direction: 'sendrecv', packetsLost: 0 });
    expect(stats.packetsReceived).toBeGreaterThan(30);
    expect(stats.bytesSent).toBe(stats.packetsSent * 160);
  });

  it('record what is heard, also when the recording is stopped after the end', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    const recording = await b.endpoint.record(join(folder, `heard-${workers}-${wakeUpMs}.wav`));
    const playback = a.endpoint.play({ type: 'tone', frequencyHz: 440, levelDbm0: -6 });
    await hear(b.endpoint, 50);
    playback.stop();
    expect(await playback.finished).toMatchObject({ stopped: true });
    await b.endpoint.close();
    const { path, durationMs } = await recording.stop();
    const { samples } = await readWav(path);
    expect(samples.length).toBe(durationMs * 8);
    expect(hearsTone(samples.subarray(1600, 6400), 440)).toBe(true);
  });

  it('send digits that are told once each, with their length', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    await a.endpoint.sendDigits('1#a', { durationMs: 80, gapMs: 60 });
    const digits = b.events.filter((event) => event.type === 'digit');
    expect(digits).toEqual(
      ['1', '#', 'A'].map((digit) => ({ type: 'digit', digit, durationMs: 80, source: 'rtp' })),
    );
  });

  it('give back what they hear, and say what a program writes', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    b.endpoint.echo(true);
    const writer = a.endpoint.audioOut().getWriter();
    const wave = (at: number): number =>
      Math.round(9000 * Math.sin((2 * Math.PI * 800 * at) / 16_000));
    const samples = Int16Array.from({ length: 16_000 }, (_, at) => wave(at));
    const heard = hear(a.endpoint, 80);
    await writer.write({ samples, sampleRate: 16_000, timestamp: 0 });
    await writer.close();
    // a machine that is busy elsewhere may leave holes in the second
    expect(tenthsOf(await heard, 800)).toBeGreaterThan(2);
  });

  it('play a file to its end', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    const path = join(folder, `played-${workers}-${wakeUpMs}.wav`);
    const writer = await WavWriter.create(path);
    const tone = new Int16Array(4000);
    new ToneSource({ frequencyHz: 660 }).read(tone);
    writer.write(tone);
    await writer.close();
    const heard = hear(b.endpoint, 30);
    const { finished } = a.endpoint.play({ type: 'file', path });
    expect(await finished).toEqual({ playedMs: 500, stopped: false });
    expect(hearsTone((await heard).subarray(1600, 4000), 660)).toBe(true);
    const missing = a.endpoint.play({ type: 'file', path: join(folder, 'missing.wav') });
    await expect(missing.finished).rejects.toMatchObject({ code: 'WAV_UNREADABLE' });
  });

  it('play a file over and over, hold it, and fall silent at once', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    const path = join(folder, `looped-${workers}-${wakeUpMs}.wav`);
    const writer = await WavWriter.create(path);
    const tone = new Int16Array(800);
    new ToneSource({ frequencyHz: 660 }).read(tone);
    writer.write(tone);
    await writer.close();
    const twice = a.endpoint.play({ type: 'file', path }, { loop: 2 });
    const mark = a.endpoint.mark('twice');
    const endless = a.endpoint.play({ type: 'file', path }, { loop: true, queue: true });
    expect(await mark).toEqual({ name: 'twice', reached: true });
    expect(await twice.finished).toEqual({ playedMs: 200, stopped: false });
    endless.pause();
    endless.resume();
    expect(tenthsOf(await hear(b.endpoint, 50), 660)).toBeGreaterThan(0);
    const never = a.endpoint.mark('never');
    const { heardMs, lastMark, marks } = await a.endpoint.clear();
    expect({ lastMark, marks }).toEqual({ lastMark: 'twice', marks: ['never'] });
    expect(await never).toEqual({ name: 'never', reached: false });
    expect(await endless.finished).toEqual({ playedMs: heardMs, stopped: true });
    expect(heardMs).toBeGreaterThan(300);
  });

  it('play what a server has, and what a program makes', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    const tone = new Int16Array(8000);
    new ToneSource({ frequencyHz: 660 }).read(tone);
    const file = Buffer.concat([wavHeader(8000, 1, 16_000), new Uint8Array(tone.buffer)]);
    const server = createServer((_, response) => response.end(file)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const heard = hear(b.endpoint, 140);
    const web = a.endpoint.play({ type: 'url', url: `http://127.0.0.1:${port}/660.wav` });
    const high = new Int16Array(16_000);
    new ToneSource({ frequencyHz: 1000, sampleRate: 16_000 }).read(high);
    const frames = [{ samples: high, sampleRate: 16_000, timestamp: 0 }];
    const stream = ReadableStream.from(frames);
    const made = a.endpoint.play({ type: 'stream', stream }, { queue: true });
    expect(await web.finished).toEqual({ playedMs: 1000, stopped: false });
    expect((await made.finished).playedMs).toBeGreaterThan(990);
    const samples = await heard;
    expect(tenthsOf(samples, 660)).toBeGreaterThan(4);
    expect(tenthsOf(samples, 1000)).toBeGreaterThan(4);
    server.close();
  });

  it('leave no port behind when all is closed', async () => {
    start();
    const [a, b] = [await side('a'), await side('b')];
    await connect(a.endpoint, b.endpoint);
    expect(engine.usage()).toEqual({ endpoints: 2, ports: 4 });
    await a.endpoint.close();
    expect(engine.usage()).toEqual({ endpoints: 1, ports: 2 });
    await engine.close();
    expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
    await expect(b.endpoint.createOffer()).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
  });
});

it('refuses to look at its sockets too seldom', () => {
  const options = { address: '127.0.0.1', ports: { from: 21_500, to: 21_599 } };
  for (const wakeUpMs of [-1, 11, Number.NaN]) {
    expect(() => createMediaEngine({ ...options, wakeUpMs })).toThrow(
      expect.objectContaining({ code: 'MEDIA_BAD_WAKE_UP' }),
    );
  }
});
