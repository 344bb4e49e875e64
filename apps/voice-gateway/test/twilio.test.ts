import { pcmuDecode, pcmuEncode } from '@strowger/media-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  hearsQuiet,
  hearsTone,
  isTone,
  type Scene,
  scene,
  tone,
  WebSocketProgram,
} from './scene.ts';

let program: WebSocketProgram;
let all: Scene;

beforeEach(async () => {
  program = await WebSocketProgram.start();
});

afterEach(async () => {
  await all.close();
  await program.close();
});

type Message = Record<string, Record<string, string>>;

const payloadOf = (message: Record<string, unknown>): Int16Array =>
  pcmuDecode(Buffer.from((message as Message)['media']?.['payload'] ?? '', 'base64'));
const base64 = (samples: Int16Array): string => Buffer.from(pcmuEncode(samples)).toString('base64');

it('a program talks over Media Streams: it hears, is heard, and is told of digits', async () => {
  all = await scene({
    program: { type: 'twilio', url: program.url, headers: { Authorization: 'Bearer x' } },
    parameters: { FirstName: 'Jane' },
  });
  const call = await all.dial();
  const { streamSid, start } = (await program.gets(({ event }) => event === 'start')) as Message;
  expect(program.texts[0]).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  expect(program.headers[0]?.['authorization']).toBe('Bearer x');
  expect(streamSid).toMatch(/^MZ[0-9a-f]{32}$/);
  expect(start).toEqual({
    accountSid: `AC${'0'.repeat(32)}`,
    callSid: `CA${String(streamSid).slice(2)}`,
    streamSid,
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { FirstName: 'Jane' },
  });

  call.play({ type: 'tone', frequencyHz: 700 });
  await program.gets((one) => one['event'] === 'media' && isTone(payloadOf(one), 8000, 700));
  const media = program.texts.filter(({ event }) => event === 'media') as Message[];
  const times = media.map((one) => Number(one['media']?.['timestamp']));
  expect(times.slice(1).map((time, at) => time - (times[at] ?? 0))).toSatisfy((steps: number[]) =>
    steps.every((step) => step === 20),
  );
  expect(media.map((one) => payloadOf(one).length)).toSatisfy((lengths: number[]) =>
    lengths.every((length) => length === 160),
  );
  const numbers = program.texts.slice(1).map(({ sequenceNumber }) => Number(sequenceNumber));
  expect(numbers).toEqual(numbers.map((_, at) => at + 1));

  program.send({ event: 'media', streamSid, media: { payload: base64(tone(900, 400)) } });
  program.send({ event: 'mark', streamSid, mark: { name: 'my label' } });
  expect(await hearsTone(call, 900)).toBe(true);
  const mark = await program.gets(({ event }) => event === 'mark');
  expect(mark['mark']).toEqual({ name: 'my label' });

  await call.sendDigits('5');
  const dtmf = await program.gets(({ event }) => event === 'dtmf');
  expect(dtmf['dtmf']).toEqual({ track: 'inbound_track', digit: '5' });

  await call.hangUp();
  const stop = await program.gets(({ event }) => event === 'stop');
  expect(stop['stop']).toEqual({
    accountSid: `AC${'0'.repeat(32)}`,
    callSid: `CA${String(streamSid).slice(2)}`,
  });
});

it('a clear silences what was sent at once, and gives the marks in it back', async () => {
  all = await scene({ program: { type: 'twilio', url: program.url } });
  const call = await all.dial();
  const { streamSid } = await program.gets(({ event }) => event === 'start');
  program.send({ event: 'media', streamSid, media: { payload: base64(tone(900, 20_000)) } });
  program.send({ event: 'mark', streamSid, mark: { name: 'end' } });
  expect(await hearsTone(call, 900)).toBe(true);
  expect(program.texts.some(({ event }) => event === 'mark')).toBe(false);
  program.send({ event: 'clear', streamSid });
  await program.gets(({ event }) => event === 'mark');
  expect(await hearsQuiet(call)).toBe(true);
  // and it goes on
  program.send({ event: 'media', streamSid, media: { payload: base64(tone(500, 400)) } });
  expect(await hearsTone(call, 500)).toBe(true);
});

it('a program that asks for both tracks hears itself when it was said', async () => {
  all = await scene({ program: { type: 'twilio', url: program.url, tracks: 'both' } });
  await all.dial();
  const { streamSid, start } = (await program.gets(({ event }) => event === 'start')) as Message;
  expect(start?.['tracks']).toEqual(['inbound', 'outbound']);
  program.send({ event: 'media', streamSid, media: { payload: base64(tone(900, 100)) } });
  const isSaid = (one: Record<string, unknown>): boolean =>
    (one as Message)['media']?.['track'] === 'outbound';
  while (program.texts.filter(isSaid).length < 5) await program.something();
  const said = program.texts.filter(isSaid);
  const times = said.map((one) => Number((one as Message)['media']?.['timestamp']));
  const [first = -1] = times;
  expect(first).toBeGreaterThanOrEqual(0);
  expect(times).toEqual([0, 20, 40, 60, 80].map((later) => first + later));
  expect(said.every((one) => isTone(payloadOf(one), 8000, 900))).toBe(true);
});

it('the gateway clears by itself when somebody barges in, where it is told to', async () => {
  all = await scene({ program: { type: 'twilio', url: program.url }, bargeIn: 'gateway' });
  const call = await all.dial();
  const { streamSid } = await program.gets(({ event }) => event === 'start');
  const quiet = tone(900, 20_000).map((sample) => sample / 8);
  program.send({ event: 'media', streamSid, media: { payload: base64(quiet) } });
  program.send({ event: 'mark', streamSid, mark: { name: 'end' } });
  call.play({ type: 'tone', frequencyHz: 300, levelDbm0: -5 });
  await program.gets(({ event }) => event === 'mark');
  expect(await hearsQuiet(call)).toBe(true);
});

it('the call ends when the program closes its socket', async () => {
  all = await scene({ program: { type: 'twilio', url: program.url } });
  const call = await all.dial();
  await program.gets(({ event }) => event === 'start');
  program.socket?.close();
  expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
});
