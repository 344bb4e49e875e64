import { afterEach, beforeEach, expect, it } from 'vitest';
import { AudioSocketServer, samplesIn } from './audio-socket-server.ts';
import { hearsTone, isTone, type Scene, scene, tone, untilLogged } from './scene.ts';

let server: AudioSocketServer;
let all: Scene;

beforeEach(async () => {
  server = await AudioSocketServer.start();
});

afterEach(async () => {
  await all.close();
  await server.close();
});

const answer = (more: object = {}): Promise<Scene> =>
  scene({ program: { type: 'audiosocket', address: server.address, ...more } });

it('a server hears the caller in slin frames, is told of digits, and is heard', async () => {
  all = await answer();
  const call = await all.dial();
  call.play({ type: 'tone', frequencyHz: 700 });
  const heard = await server.gets((one) => isTone(samplesIn(one), 8000, 700) && one.kind === 0x10);
  expect(heard.payload.length).toBe(320);
  const [first] = server.frames;
  expect([first?.kind, first?.payload.length]).toEqual([0x01, 16]);
  const { id } = await untilLogged(all, 'answered');
  expect(first?.payload.toString('hex')).toBe(id);

  server.sendAudio(tone(900, 500));
  expect(await hearsTone(call, 900)).toBe(true);
  await call.sendDigits('7');
  expect((await server.gets(({ kind }) => kind === 0x03)).payload.toString()).toBe('7');

  await call.hangUp();
  expect((await server.gets(({ kind }) => kind === 0x00)).payload.length).toBe(0);
  await server.ends();
});

it('a server may have 16 kHz, and sends at any rate that it says', async () => {
  all = await answer({ sampleRate: 16_000 });
  const call = await all.dial();
  call.play({ type: 'tone', frequencyHz: 700 });
  const heard = await server.gets(
    (one) => one.kind === 0x12 && isTone(samplesIn(one), 16_000, 700),
  );
  expect(heard.payload.length).toBe(640);
  server.sendAudio(tone(900, 500, 48_000), 0x16, 960);
  expect(await hearsTone(call, 900)).toBe(true);
});

it.each([
  ['a hang-up', '00 0000', 'ended', { kind: 'programDone' }],
  ['an error', 'ff 0001 04', 'the program failed', { code: 'programError', detail: 'error 0x04' }],
  ['nonsense', '42 0000', 'the program failed', { code: 'badMessage', detail: 'kind 0x42' }],
  ['192 kHz', '18 0002 0000', 'the program failed', { detail: 'audio at 192000 Hz' }],
])('the call ends with %s of the server', async (_, hex, logged, end) => {
  all = await answer();
  const call = await all.dial();
  await server.gets(({ kind }) => kind === 0x01);
  server.sendHex(hex);
  expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
  expect(await untilLogged(all, logged)).toMatchObject({ end });
  await server.ends();
});

it('the call ends when the server closes the connection', async () => {
  all = await answer();
  const call = await all.dial();
  await server.gets(({ kind }) => kind === 0x01);
  server.socket?.end();
  expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
});
