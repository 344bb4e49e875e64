import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { nodeRuntime, StrowgerError } from '@strowger/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { FetchedBytes, ToneSource, toneShare, WavReader } from '../src/index.ts';
import { wavHeader } from '../src/audio/wav-format.ts';

const { clock } = nodeRuntime();
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function tone(seconds: number): { head: Uint8Array; data: Uint8Array } {
  const samples = new Int16Array(8000 * seconds);
  new ToneSource({ frequencyHz: 440 }).read(samples);
  return { head: wavHeader(8000, 1, samples.byteLength), data: new Uint8Array(samples.buffer) };
}

async function opened(url: string, options: object = {}): Promise<WavReader> {
  return WavReader.open(await FetchedBytes.open({ url, ...options }, clock));
}

async function readAll(reader: WavReader): Promise<Int16Array> {
  const samples: number[] = [];
  while (!reader.ended) {
    await reader.fill();
    const block = new Int16Array(4000);
    samples.push(...block.subarray(0, reader.read(block)));
  }
  await reader.close();
  return Int16Array.from(samples);
}

describe('a WAV file of a server', () => {
  it('can be read while the rest is still to come', async () => {
    const { head, data } = tone(4);
    let finish = (): void => {};
    const url = await serve((request, response) => {
      expect(request.headers['authorization']).toBe('Bearer 1');
      response.write(head);
      response.write(data.subarray(0, 20_000));
      finish = () => response.end(data.subarray(20_000));
    });
    const reader = await opened(url, { headers: { authorization: 'Bearer 1' } });
    const first = new Int16Array(4000);
    expect(reader.read(first)).toBe(4000);
    expect(toneShare(first, 8000, 440)).toBeGreaterThan(0.99);
    finish();
    expect(await readAll(reader)).toHaveLength(4 * 8000 - 4000);
    expect(reader.failure).toBeUndefined();
  });

  it('can be played twice without being fetched again', async () => {
    let requests = 0;
    const { head, data } = tone(1);
    const url = await serve((_, response) => {
      requests++;
      response.end(Buffer.concat([head, data]));
    });
    const bytes = await FetchedBytes.open({ url }, clock);
    const samples = await readAll(await WavReader.open(bytes, { loop: 2 }));
    expect(samples).toHaveLength(16_000);
    expect(samples.slice(8000)).toEqual(samples.slice(0, 8000));
    expect(requests).toBe(1);
  });

  it('ends where it is longer than it may be', async () => {
    const { head, data } = tone(2);
    const url = await serve((_, response) => response.end(Buffer.concat([head, data])));
    const reader = await opened(url, { maxBytes: 16_044 });
    expect(await readAll(reader)).toHaveLength(8000);
    expect(reader.failure).toMatchObject({ code: 'WAV_TOO_LARGE' });
  });

  it('is given up where the server goes silent, before the answer and within it', async () => {
    const mute = await serve(() => {});
    await expect(opened(mute, { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'WAV_UNREADABLE',
      message: expect.stringContaining('silent'),
    });
    const { head, data } = tone(3);
    const halting = await serve((_, response) => {
      response.write(head);
      response.write(data.subarray(0, 20_000));
    });
    const reader = await opened(halting, { timeoutMs: 500 });
    expect(await readAll(reader)).toHaveLength(10_000);
    expect(reader.failure).toMatchObject({ code: 'WAV_UNREADABLE' });
  });

  it('is refused with what the server says, and from anywhere but the web', async () => {
    const url = await serve((_, response) => response.writeHead(404).end());
    await expect(opened(url)).rejects.toMatchObject({ message: expect.stringContaining('404') });
    const text = await serve((_, response) => response.end('hello'));
    await expect(opened(text)).rejects.toMatchObject({ code: 'WAV_MALFORMED' });
    const failure = await opened('file:///etc/passwd').catch((error: unknown) => error);
    expect(StrowgerError.isInstance(failure) && failure.code).toBe('WAV_UNREADABLE');
  });
});
