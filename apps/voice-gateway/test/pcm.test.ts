import { afterEach, beforeEach, expect, it } from 'vitest';
import { hearsTone, isTone, type Scene, scene, tone, WebSocketProgram } from './scene.ts';

let program: WebSocketProgram;
let all: Scene;

beforeEach(async () => {
  program = await WebSocketProgram.start();
});

afterEach(async () => {
  await all.close();
  await program.close();
});

const samplesOf = (bytes: Buffer): Int16Array =>
  Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at));
const bytesOf = (samples: Int16Array): Buffer => Buffer.from(new Uint8Array(samples.buffer));

it('a program hears and says PCM at its rate, and is told what happens in JSON', async () => {
  all = await scene({
    program: { type: 'pcm', url: program.url, sampleRate: 24_000 },
    parameters: { desk: '7' },
    speech: { endMs: 200 },
  });
  const call = await all.dial();
  const start = await program.gets(({ type }) => type === 'start');
  expect(start).toEqual({
    type: 'start',
    sampleRate: 24_000,
    id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    direction: 'inbound',
    from: 'sip:alice@127.0.0.1',
    to: all.running.contact,
    parameters: { desk: '7' },
  });
  call.play({ type: 'tone', frequencyHz: 700, levelDbm0: -5 }, { durationMs: 400 });
  while (!program.binary.some((one) => isTone(samplesOf(one), 24_000, 700))) {
    await program.something();
  }
  expect(program.binary.at(-1)?.length).toBe(960);
  await program.gets(({ type }) => type === 'speechStarted');
  await program.gets(({ type }) => type === 'speechEnded');

  program.send(bytesOf(tone(900, 400, 24_000)));
  program.send({ type: 'mark', name: 'end' });
  expect(await hearsTone(call, 900)).toBe(true);
  const mark = await program.gets(({ type }) => type === 'mark');
  expect(mark).toEqual({ type: 'mark', name: 'end', reached: true });

  program.send(bytesOf(tone(900, 5000, 24_000)));
  program.send({ type: 'mark', name: 'late' });
  program.send({ type: 'clear' });
  const late = await program.gets(({ name }) => name === 'late');
  expect(late['reached']).toBe(false);

  await call.sendDigits('5');
  expect(await program.gets(({ type }) => type === 'digit')).toMatchObject({ digit: '5' });
  const digits = call.digits();
  program.send({ type: 'digits', digits: '9' });
  expect(await digits.next()).toEqual({ done: false, value: '9' });
  program.send({ type: 'hangUp' });
  expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
  const stop = await program.gets(({ type }) => type === 'stop');
  expect(stop).toEqual({ type: 'stop', reason: 'programDone' });
});
