import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WavWriter } from '@strowger/media-core';
import { VirtualClock } from '@strowger/runtime';
import type { Call } from '@strowger/sip-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { audioSocketLinks } from '../src/audio-socket-link.ts';
import type { LinkEnd } from '../src/program-link.ts';
import { AudioSocketServer } from './audio-socket-server.ts';
import { hearsTone, type Scene, scene, tone, untilLogged, WebSocketProgram } from './scene.ts';

let all: Scene | undefined;
let program: WebSocketProgram;

beforeEach(async () => {
  program = await WebSocketProgram.start();
});

afterEach(async () => {
  await all?.close();
  await program.close();
});

const faults: [string, object | Buffer, string, string][] = [
  ['no JSON object', [1], 'badMessage', 'no JSON object'],
  ['a message that nobody knows', { type: 'dance' }, 'badMessage', 'type is none of'],
  ['half a sample', Buffer.alloc(3), 'badMessage', 'half a sample'],
  ['a message that is too long', Buffer.alloc(20_000), 'badMessage', 'Max payload size exceeded'],
];

describe('a program that talks nonsense', () => {
  it.each(faults)('loses its own call alone: %s', async (_, message, code, detail) => {
    all = await scene({
      program: { type: 'pcm', url: program.url },
      limits: { messageBytes: 10_000 },
    });
    const other = await all.dial();
    await program.gets(({ type }) => type === 'start');
    program.texts.length = 0;
    const call = await all.dial();
    await program.gets(({ type }) => type === 'start');
    program.send(message);
    expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
    const { end } = await untilLogged(all, 'the program failed');
    expect(end).toMatchObject({
      kind: 'fault',
      code,
      detail: expect.stringContaining(detail) as string,
    });
    expect(other.state).toBe('connected');
    expect(all.running.gateway.calls).toBe(1);
  });

  it('may not have more wait than is allowed', async () => {
    all = await scene({
      program: { type: 'pcm', url: program.url },
      limits: { toCallerBytes: 64_000 },
    });
    const call = await all.dial();
    await program.gets(({ type }) => type === 'start');
    for (let sent = 0; sent < 5; sent++) program.send(Buffer.alloc(16_000)); // a second each
    await call.ended;
    const { end } = await untilLogged(all, 'the program failed');
    expect(end).toMatchObject({ code: 'tooMuchAudio' });
  });

  it('may not have more marks wait than is allowed', async () => {
    all = await scene({ program: { type: 'pcm', url: program.url } });
    const call = await all.dial();
    await program.gets(({ type }) => type === 'start');
    program.send(Buffer.alloc(160_000));
    for (let sent = 0; sent < 1001; sent++) program.send({ type: 'mark', name: 'one' });
    await call.ended;
    const { end } = await untilLogged(all, 'the program failed');
    expect(end).toMatchObject({ code: 'tooManyMarks' });
  });
});

describe('a program that is down', () => {
  it('costs its callers a 503, or what else was chosen', async () => {
    const { url } = program;
    await program.close();
    all = await scene({ program: { type: 'pcm', url } });
    const call = await all.caller.call(all.running.contact);
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 503 });
    const { detail } = await untilLogged(all, 'the program is down');
    expect(detail).toContain('ECONNREFUSED');
    program = await WebSocketProgram.start();
  });

  it('is announced, where that was chosen', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    const announce = join(folder, 'sorry.wav');
    const writer = await WavWriter.create(announce);
    writer.write(tone(600, 400));
    await writer.close();
    const { url } = program;
    await program.close();
    all = await scene({ program: { type: 'pcm', url }, whenDown: { announce } });
    const call = await all.dial();
    expect(await hearsTone(call, 600)).toBe(true);
    expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
    rmSync(folder, { recursive: true });
    program = await WebSocketProgram.start();
  });

  it('is waited for no longer than it may take', async () => {
    const mute = await muteServer();
    all = await scene({
      program: { type: 'twilio', url: `ws://127.0.0.1:${mute.port}/` },
      limits: { connectMs: 200 },
    });
    const call = await all.caller.call(all.running.contact);
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 503 });
    const { detail } = await untilLogged(all, 'the program is down');
    expect(detail).toBe('no connection in 200 ms');
    await mute.close();
  });

  it('is not waited for when the caller gives up', async () => {
    const mute = await muteServer();
    all = await scene({ program: { type: 'twilio', url: `ws://127.0.0.1:${mute.port}/` } });
    const call = await all.caller.call(all.running.contact);
    await mute.connected;
    await call.hangUp();
    const { detail } = await untilLogged(all, 'the program is down');
    expect(detail).toBe('nobody waits for it any more');
    await mute.close();
  });
});

describe('a program that dies in a call', () => {
  it('is noticed when the connection breaks', async () => {
    all = await scene({ program: { type: 'twilio', url: program.url } });
    const call = await all.dial();
    await program.gets(({ event }) => event === 'start');
    program.socket?.terminate();
    await call.ended;
    const { end } = await untilLogged(all, 'the program failed');
    expect(end).toMatchObject({ code: 'lost', detail: 'closed with 1006' });
  });

  it('is noticed when it answers no ping', async () => {
    all = await scene({
      program: { type: 'twilio', url: program.url },
      limits: { idleMs: 1000 },
    });
    const call = await all.dial();
    await program.gets(({ event }) => event === 'start');
    program.socket?.pause();
    await call.ended;
    const { end } = await untilLogged(all, 'the program failed');
    expect(end).toMatchObject({ code: 'silent' });
  });

  it('is noticed when it takes no audio, and what waits for it does not grow', async () => {
    const server = await AudioSocketServer.start();
    const clock = new VirtualClock();
    const [host = '', port] = server.address.split(':');
    const open = audioSocketLinks({
      host,
      port: Number(port),
      sampleRate: 8000,
      limits: { toProgramBytes: 100_000, messageBytes: 1000, connectMs: 1000, idleMs: 10_000 },
      clock,
    });
    const facts = { id: '0'.repeat(32), from: '', to: '', parameters: {} } as const;
    const link = await open({ ...facts, direction: 'inbound' }, new AbortController().signal);
    const ends: LinkEnd[] = [];
    const nothing = (): void => {};
    link.start({
      onAudio: nothing,
      onMark: nothing,
      onClear: nothing,
      onDigits: nothing,
      onEnd: (end) => ends.push(end),
    });
    await server.gets(({ kind }) => kind === 0x01);
    clock.advance(60_000); // all was taken: it need not say anything
    expect(ends).toEqual([]);
    server.socket?.pause();
    const before = process.memoryUsage().external;
    const frame = new Int16Array(16_000);
    for (let sent = 0; sent < 2000; sent++) {
      link.hear(frame, 0); // 64 MB, of which the kernel takes some
      if (sent % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(process.memoryUsage().external - before).toBeLessThan(30_000_000);
    clock.advance(20_000);
    expect(ends).toMatchObject([{ kind: 'fault', code: 'silent' }]);
    link.stop('silent');
    await server.close();
  });
});

describe('a program that waits for somebody to answer', () => {
  /** Has somebody called, for whom it rings. */
  async function ringing(limits: object = {}): Promise<{ here: Scene; call: Call }> {
    const here = await scene({ program: { type: 'pcm', url: program.url }, limits });
    all = here;
    const calls = here.caller.incoming();
    const placing = await here.running.gateway.place(await here.caller.contact());
    expect(placing).toMatchObject({ kind: 'placed' });
    const { value: call } = await calls.next();
    if (call === undefined) throw new Error('no call came');
    call.ring();
    return { here, call };
  }

  const leaving: [string, (socket: WebSocket) => void, object][] = [
    ['closes its connection', (socket) => socket.close(), { kind: 'programDone' }],
    ['breaks', (socket) => socket.terminate(), { kind: 'fault', code: 'lost' }],
    ['answers no ping', (socket) => socket.pause(), { kind: 'fault', code: 'silent' }],
    [
      'says too much',
      (socket) => [8000, 8000].forEach((bytes) => socket.send(Buffer.alloc(bytes))),
      { kind: 'fault', code: 'tooMuchAudio' },
    ],
  ];

  it.each(leaving)('ends the attempt where it %s', async (_, leave, end) => {
    const { here, call } = await ringing({ idleMs: 1000, messageBytes: 10_000 });
    if (program.socket !== undefined) leave(program.socket);
    expect(await call.ended).toMatchObject({ kind: 'cancelled' });
    const logged = await untilLogged(here, 'the program left before the answer');
    expect(logged['end']).toMatchObject(end);
  });

  it('is answered when it pings, and what it has said is heard after the answer', async () => {
    const { here, call } = await ringing();
    const { socket } = program;
    program.send(Buffer.from(new Uint8Array(tone(900, 3000).buffer)));
    program.send({ type: 'mark', name: 'greeted' });
    const ponged = new Promise((resolve) => socket?.once('pong', resolve));
    socket?.ping();
    await ponged;
    expect(program.texts).toEqual([]); // nothing begins before the answer
    await call.answer();
    expect(await hearsTone(call, 900)).toBe(true);
    expect(await program.gets(({ type }) => type === 'mark')).toMatchObject({ reached: true });
    expect(here.running.gateway.calls).toBe(1);
  });
});

it('no more calls are taken than are allowed', async () => {
  all = await scene({ program: { type: 'pcm', url: program.url }, limits: { calls: 1 } });
  const call = await all.dial();
  const second = await all.caller.call(all.running.contact);
  expect(await second.ended).toMatchObject({ kind: 'rejected', status: 503 });
  await call.hangUp();
  await untilLogged(all, 'ended');
  const third = await all.dial();
  expect(third.state).toBe('connected');
});

/** Takes connections, and says nothing. */
async function muteServer(): Promise<{
  port: number;
  connected: Promise<void>;
  close(): Promise<void>;
}> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.push(socket);
  });
  const connected = new Promise<void>((resolve) => server.once('connection', () => resolve()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    connected,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
