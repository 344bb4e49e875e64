import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CodecDefinition,
  createMediaEngine,
  levelDbm0,
  type MediaEndpoint,
  readWav,
  toneShare,
  ToneSource,
} from '../src/index.ts';
import { buildWorker } from './build-worker.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-codecs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const upside: CodecDefinition = {
  name: 'x-upside-down',
  clockRate: 16_000,
  fmtp: 'up=down',
  module: new URL('./own-codec.mjs', import.meta.url),
};

/** Two endpoints in virtual time that agreed on a codec. */
async function call(codec: string | CodecDefinition) {
  const simulation = mediaSimulation();
  const engines = ['alice', 'bob'].map((name, at) =>
    engineOn(simulation, { name, address: `10.0.0.${at + 1}` }, { codecs: [codec] }),
  );
  const [one, other] = engines;
  if (!one || !other) throw new Error('two were made');
  const [alice, bob] = [await listening(one), await listening(other)];
  const answer = await bob.endpoint.acceptOffer(await alice.endpoint.createOffer());
  await alice.endpoint.acceptAnswer(answer);
  const close = async (): Promise<void> => {
    for (const engine of engines) await engine.close();
  };
  return { simulation, alice, bob, close };
}

/** What an endpoint hears in the next so many milliseconds, at a rate. */
async function heard(
  endpoint: MediaEndpoint,
  sampleRate: number,
  run: () => Promise<unknown>,
): Promise<Int16Array> {
  const reader = endpoint.audioIn({ sampleRate }).getReader();
  const samples: number[] = [];
  const reading = (async () => {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      expect(value.sampleRate).toBe(sampleRate);
      samples.push(...value.samples);
    }
  })();
  await run();
  await reader.cancel();
  await reading;
  return Int16Array.from(samples);
}

/** The share of a tone, once it has begun. */
const share = (samples: Int16Array, sampleRate: number, frequencyHz: number): number =>
  toneShare(samples.subarray(sampleRate / 5), sampleRate, frequencyHz);

describe.each([
  { codec: 'pcmu', rate: 8000 },
  { codec: 'pcma', rate: 8000 },
  { codec: 'g722', rate: 16_000 },
  { codec: 'l16/8000', rate: 8000 },
  { codec: 'l16/16000', rate: 16_000 },
  { codec: 'l16/24000', rate: 24_000 },
  { codec: 'l16', rate: 44_100 },
  { codec: 'l16/48000', rate: 48_000 },
  { codec: upside, rate: 16_000 },
])('a call with $codec', ({ codec, rate }) => {
  const top = 0.8 * (rate / 2);

  it('carries tones up to its own band, and records them at its own rate', async () => {
    const { simulation, alice, bob, close } = await call(codec);
    const path = join(folder, `${rate}-${String(Math.random()).slice(2)}.wav`);
    const recording = await bob.endpoint.record(path);
    alice.endpoint.play({ type: 'tone', frequencyHz: top });
    const samples = await heard(bob.endpoint, 48_000, () => simulation.run(1000));
    expect(share(samples, 48_000, top)).toBeGreaterThan(0.97);
    expect(levelDbm0(samples.subarray(9600))).toBeCloseTo(-10, 0);
    expect((await recording.stop()).durationMs).toBe(1000);
    const file = await readWav(path);
    expect(file.sampleRate).toBe(rate);
    expect(share(file.samples, rate, top)).toBeGreaterThan(0.97);
    await close();
  });

  it('takes what a program says at its rate, and gives it back by an echo at another', async () => {
    const { simulation, alice, bob, close } = await call(codec);
    bob.endpoint.echo(true);
    const tone = new Int16Array(44_100);
    new ToneSource({ frequencyHz: 1000, sampleRate: 44_100 }).read(tone);
    const writer = alice.endpoint.audioOut().getWriter();
    void writer.write({ samples: tone, sampleRate: 44_100, timestamp: 0 });
    const samples = await heard(alice.endpoint, 24_000, () => simulation.run(900));
    expect(share(samples, 24_000, 1000)).toBeGreaterThan(0.99);
    await close();
  });

  it('sends digits of their length, whatever the clock of its audio', async () => {
    const { simulation, alice, bob, close } = await call(codec);
    const sending = alice.endpoint.sendDigits('1#', { durationMs: 80, gapMs: 60 });
    await simulation.run(1000);
    await sending;
    const digits = bob.events.filter((event) => event.type === 'digit');
    expect(digits).toEqual(
      ['1', '#'].map((digit) => ({ type: 'digit', digit, durationMs: 80, source: 'rtp' })),
    );
    await close();
  });
});

describe('a call with opus', () => {
  it('carries a tone, records it at 48 kHz, and digits of their length beside it', async () => {
    const { simulation, alice, bob, close } = await call('opus');
    const path = join(folder, 'opus.wav');
    const recording = await bob.endpoint.record(path);
    alice.endpoint.play({ type: 'tone', frequencyHz: 3000 });
    const samples = await heard(bob.endpoint, 16_000, () => simulation.run(1000));
    expect(share(samples, 16_000, 3000)).toBeGreaterThan(0.95);
    await recording.stop();
    const file = await readWav(path);
    expect(file.sampleRate).toBe(48_000);
    expect(share(file.samples, 48_000, 3000)).toBeGreaterThan(0.95);
    const sending = alice.endpoint.sendDigits('7', { durationMs: 100 });
    await simulation.run(500);
    await sending;
    const digits = bob.events.filter((event) => event.type === 'digit');
    expect(digits).toEqual([{ type: 'digit', digit: '7', durationMs: 100, source: 'rtp' }]);
    await close();
  });

  it('is told as RFC 7587 has it, in packets of lengths that it has', async () => {
    const simulation = mediaSimulation();
    const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' });
    const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
    const { endpoint } = await listening(engine);
    const offer = await endpoint.createOffer();
    expect(offer).toMatch(/^m=audio \d+ RTP\/AVP 0 8 9 111 101\r$/m);
    expect(offer).toContain('a=rtpmap:111 opus/48000/2\r\na=rtpmap:101');
    expect(offer).toContain('a=fmtp:111 minptime=10;useinbandfec=1\r\n');
    await endpoint.rollback();
    await endpoint.acceptOffer(
      phone.describe('96', 'a=rtpmap:96 opus/48000/2', 'a=fmtp:96 cbr=1', 'a=ptime:50'),
    );
    await simulation.run(1000);
    expect(phone.rtp.length).toBe(25);
    const [one, next] = phone.rtp;
    expect(((next?.timestamp ?? 0) - (one?.timestamp ?? 0)) >>> 0).toBe(40 * 48);
    expect(one?.payload).toHaveLength(160); // 32 kbit/s
    await engine.close();
  });
});

describe('an endpoint with several codecs', () => {
  it("hears whichever of them the peer sends, at its own codec's rate", async () => {
    const simulation = mediaSimulation();
    const engine = engineOn(
      simulation,
      { name: 'alice', address: '10.0.0.1' },
      { codecs: ['g722', 'l16/8000', 'pcmu'] },
    );
    const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
    const { endpoint } = await listening(engine);
    await endpoint.acceptOffer(phone.describe('9 0 97', 'a=rtpmap:97 L16/8000'));
    const to = (await endpoint.stats()).local ?? { address: '', port: 0 };
    const speak = async (payloadType: number, payload: number[], first: number): Promise<void> => {
      for (let at = first; at < first + 50; at++) {
        phone.send(to, { payloadType, sequence: at, timestamp: at * 160 }, payload);
        await simulation.run(20);
      }
    };
    // the same frame again and again: a buzz with as many periods as fit into it
    const buzz = Array.from({ length: 160 }, (_, at) =>
      Math.round(9000 * Math.sin((at * Math.PI) / 10)),
    );
    const linear = buzz.flatMap((sample) => [(sample >> 8) & 0xff, sample & 0xff]);
    const samples = await heard(endpoint, 16_000, () => speak(97, linear, 0));
    expect(share(samples, 16_000, 400)).toBeGreaterThan(0.99);
    const silence = await heard(endpoint, 16_000, () => speak(0, Array(160).fill(0xff), 50));
    expect(levelDbm0(silence.subarray(3200))).toBeLessThan(-60);
    expect((await endpoint.stats()).codec).toBe('g722');
    expect(
      phone.rtp.every(({ payloadType, payload }) => payloadType === 9 && payload.length === 160),
    ).toBe(true);
    await engine.close();
  });

  it('goes on playing where a later round changes the codec', async () => {
    const simulation = mediaSimulation();
    const options = { codecs: ['pcmu', 'g722'] };
    const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' }, options);
    const other = engineOn(simulation, { name: 'bob', address: '10.0.0.2' }, options);
    const [alice, bob] = [await listening(engine), await listening(other, ['pcmu'])];
    await alice.endpoint.acceptAnswer(
      await bob.endpoint.acceptOffer(await alice.endpoint.createOffer()),
    );
    const playing = alice.endpoint.play({ type: 'tone', frequencyHz: 1000 });
    await simulation.run(500);
    const wide = await listening(other, ['g722']);
    const answer = await wide.endpoint.acceptOffer(await alice.endpoint.createOffer());
    await alice.endpoint.acceptAnswer(answer);
    const samples = await heard(wide.endpoint, 16_000, () => simulation.run(1000));
    expect(share(samples, 16_000, 1000)).toBeGreaterThan(0.98);
    playing.stop();
    const { playedMs } = await playing.finished;
    expect(Math.abs(playedMs - 1500)).toBeLessThan(60);
    await engine.close();
    await other.close();
  });

  it('refuses what cannot be offered', () => {
    const start = (codecs: (string | CodecDefinition)[]) => () =>
      createMediaEngine({ address: '127.0.0.1', ports: { from: 22_000, to: 22_009 }, codecs });
    const refused = expect.objectContaining({ code: 'MEDIA_UNKNOWN_CODEC' });
    expect(start(['g729'])).toThrow(refused);
    expect(start([])).toThrow(refused);
    expect(start([{ ...upside, sampleRate: 7000 }])).toThrow(refused);
    expect(start([{ ...upside, name: 'no token' }])).toThrow(refused);
    expect(start([{ ...upside, payloadType: 128 }])).toThrow(refused);
  });

  it('opens no endpoint where a codec of the program is not there', async () => {
    const module = new URL('./missing.mjs', import.meta.url);
    for (const broken of [module, new URL('./build-worker.ts', import.meta.url)]) {
      const simulation = mediaSimulation();
      const codecs = ['pcmu', { ...upside, module: broken }];
      const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' }, { codecs });
      await expect(listening(engine)).rejects.toMatchObject({ code: 'MEDIA_CODEC_UNAVAILABLE' });
      expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
      await engine.close();
    }
  });
});

it('a codec of the program that throws ends what is heard with it, and that is told once', async () => {
  const module = new URL('./failing-codec.mjs', import.meta.url);
  const { simulation, alice, bob, close } = await call({ ...upside, module });
  alice.endpoint.play({ type: 'tone', frequencyHz: 1000 });
  await simulation.run(1000);
  for (const { events } of [alice, bob]) {
    expect(events.filter(({ type }) => type === 'failed')).toEqual([
      { type: 'failed', code: 'MEDIA_FAILED', message: 'the tenth frame' },
    ]);
  }
  await close();
});

it('a worker thread loads a codec of the program', async () => {
  const engine = createMediaEngine({
    address: '127.0.0.1',
    ports: { from: 22_010, to: 22_029 },
    codecs: [upside, 'pcmu'],
    workers: 1,
    workerEntry: await buildWorker(folder),
  });
  const onEvent = (): void => {};
  const [a, b] = await Promise.all(
    ['a', 'b'].map((label) => engine.openEndpoint({ label, onEvent })),
  );
  if (!a || !b) throw new Error('two were opened');
  const offer = await a.createOffer();
  expect(offer).toContain('a=rtpmap:96 x-upside-down/16000\r\na=rtpmap:0 PCMU/8000');
  expect(offer).toContain('a=fmtp:96 up=down');
  await a.acceptAnswer(await b.acceptOffer(offer));
  a.play({ type: 'tone', frequencyHz: 6000 });
  const reader = b.audioIn({ sampleRate: 16_000 }).getReader();
  // until a frame of it came whole: a busy machine may break many
  for (let clear = 0; clear < 0.95; ) {
    const { value } = await reader.read();
    clear = value ? toneShare(value.samples, 16_000, 6000) : 0;
  }
  await engine.close();
}, 60_000);
