import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, toneShare } from '@strowger/media-core';
import { nodeRuntime, type Runtime } from '@strowger/runtime';
import type { PcmFrame } from '@strowger/session-core';
import { afterAll, describe, expect, it } from 'vitest';
import { type Call, SipClient } from '../src/index.ts';

const RATE = 8000;
const FRAME = 160;
const folder = mkdtempSync(join(tmpdir(), 'sip-client-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Says a tone as frames of PCM until the call is over. */
async function say(call: Call, hz: number): Promise<void> {
  const writer = call.audioOut().getWriter();
  try {
    for (let timestamp = 0; ; timestamp += FRAME) {
      const samples = Int16Array.from({ length: FRAME }, (_, index) =>
        Math.round(8000 * Math.sin((2 * Math.PI * hz * (timestamp + index)) / RATE)),
      );
      await writer.write({ samples, sampleRate: RATE, timestamp });
    }
  } catch {
    // the call is over
  }
}

/** Hears until a tone fills a frame; how much of it the tone is. */
async function hear(call: Call, hz: number): Promise<number> {
  for await (const { samples, sampleRate } of call.audioIn()) {
    const share = toneShare(samples, sampleRate, hz);
    if (share > 0.9 && samples.some((sample) => sample > 4000)) return share;
  }
  return 0;
}

async function connect(one: SipClient, other: SipClient): Promise<[Call, Call]> {
  const calls = other.incoming();
  const call = await one.call(await other.contact());
  const { value: answered } = await calls.next();
  if (answered === undefined) throw new Error('no call came');
  answered.ring();
  await Promise.all([answered.answer(), call.connected]);
  await calls.return?.();
  return [call, answered];
}

function clients(host: string, transport: 'udp' | 'tcp', runtime: Runtime): [SipClient, SipClient] {
  const make = (user: string, from: number): SipClient =>
    new SipClient({
      uri: `sip:${user}@${host}`,
      transport,
      media: { ports: { from, to: from + 99 } },
      runtime,
    });
  return [make('alice', 42_000), make('bob', 42_100)];
}

describe('P41-2 the media of two clients', () => {
  it.each([
    ['sdes', { kind: 'sdes', suite: 'AEAD_AES_128_GCM' }],
    ['dtls', { kind: 'dtls-srtp', suite: expect.any(String), isVerified: true }],
  ] as const)(
    'is protected by %s where one of them requires it, and says so',
    async (keying, is) => {
      const runtime = nodeRuntime();
      const [alice, bob] = clients('127.0.0.1', 'tcp', runtime);
      const calls = bob.incoming();
      const call = await alice.call(await bob.contact(), { srtp: 'required', keying: [keying] });
      const { value: answered } = await calls.next();
      if (answered === undefined) throw new Error('no call came');
      await Promise.all([answered.answer(), call.connected]);
      void say(call, 440);
      expect(await hear(answered, 440)).toBeGreaterThan(0.9);
      expect(call.session.mediaSecurity).toEqual(is);
      expect(answered.session.mediaSecurity).toEqual(is);
      expect(call.session.transport).toMatchObject({ name: 'tcp', isSecure: false });
      await call.hangUp();
      await Promise.all([alice.close(), bob.close()]);
    },
  );

  it('is none where the other one takes it in the clear alone: the call fails closed', async () => {
    const runtime = nodeRuntime();
    const make = (user: string, from: number, srtp: 'off' | 'required'): SipClient =>
      new SipClient({
        uri: `sip:${user}@127.0.0.1`,
        media: { ports: { from, to: from + 99 }, srtp },
        runtime,
      });
    const [alice, bob] = [make('alice', 42_000, 'off'), make('bob', 42_100, 'required')];
    const calls = bob.incoming();
    const call = await alice.call(await bob.contact());
    const { value: called } = await calls.next();
    const told: string[] = [];
    called?.session.on('security', ({ what, severity }) => told.push(`${severity} ${what}`));
    await called?.answer().catch(() => {});
    expect(await called?.ended).toMatchObject({ kind: 'mediaFailed', code: 'MEDIA_NOT_ENCRYPTED' });
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 488 });
    expect(told).toEqual(['critical mediaNotEncrypted']);
    await Promise.all([alice.close(), bob.close()]);
  });
});

describe('two clients on this machine', () => {
  it.each([
    ['127.0.0.1', 'udp'],
    ['127.0.0.1', 'tcp'],
    ['[::1]', 'udp'],
    ['localhost', 'tcp'],
  ] as const)('hear each other over %s %s', async (host, transport) => {
    const runtime = nodeRuntime();
    const [alice, bob] = clients(host, transport, runtime);
    const [call, answered] = await connect(alice, bob);
    void say(call, 440);
    void say(answered, 880);
    const shares = await Promise.all([hear(answered, 440), hear(call, 880)]);
    expect(Math.min(...shares)).toBeGreaterThan(0.9);
    await call.hangUp();
    expect(await answered.ended).toMatchObject({ kind: 'hungUp', by: 'remote' });
    expect(await call.stats()).toMatchObject({ codec: 'pcmu', packetsLost: 0 });
    await Promise.all([alice.close(), bob.close()]);
    expect(runtime.clock.armedTimers).toBe(0);
  });

  it('play, echo, record and send digits', async () => {
    const runtime = nodeRuntime();
    const [alice, bob] = clients('127.0.0.1', 'udp', runtime);
    const [call, answered] = await connect(alice, bob);
    answered.echo(true);
    const digits = answered.digits();
    const path = join(folder, 'echo.wav');
    const recording = await call.record(path);
    const tone = call.play({ type: 'tone', frequencyHz: 700 });
    await hear(answered, 700);
    await hearsLong(call, 700);
    tone.stop();
    expect((await tone.finished).stopped).toBe(true);
    await call.sendDigits('5', { durationMs: 60 });
    expect(await digits.next()).toEqual({ done: false, value: '5' });
    await recording.stop();
    await call.hangUp();
    await Promise.all([alice.close(), bob.close()]);
    const { samples } = await readWav(path);
    const middle = samples.subarray(samples.length - 2400, samples.length - 1600);
    expect(samples.length).toBeGreaterThan(2400);
    expect(middle.length).toBe(800);
    expect(runtime.clock.armedTimers).toBe(0);
  });

  it('hear music on hold, and each other again', async () => {
    const runtime = nodeRuntime();
    const [alice, bob] = clients('127.0.0.1', 'udp', runtime);
    const [call, answered] = await connect(alice, bob);
    void say(answered, 880);
    await hear(call, 880);
    await call.hold({ music: { type: 'tone', frequencyHz: 600 } });
    expect(answered.state).toBe('onHold');
    expect(await hear(answered, 600)).toBeGreaterThan(0.9);
    const before = (await call.stats())?.packetsReceived ?? 0;
    await hearsLong(answered, 600);
    // who is held is silent; a packet may have been on its way
    expect((await call.stats())?.packetsReceived).toBeLessThan(before + 3);
    await call.resume();
    call.play({ type: 'tone', frequencyHz: 440 });
    const shares = await Promise.all([hear(answered, 440), hear(call, 880)]);
    expect(Math.min(...shares)).toBeGreaterThan(0.9);
    await call.hangUp();
    await Promise.all([alice.close(), bob.close()]);
    expect(runtime.clock.armedTimers).toBe(0);
  });

  it('finds another port at the next try when the first was taken', async () => {
    const runtime = nodeRuntime();
    const first = new SipClient({ uri: 'sip:a@127.0.0.1', runtime });
    const port = new URL((await first.contact()).replace('sip:', 'http://')).port;
    const listen = [`udp:127.0.0.1:${port}`];
    const second = new SipClient({ uri: 'sip:b@127.0.0.1', listen, runtime });
    await expect(second.contact()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    await first.close();
    expect(await second.contact()).toBe(`sip:b@127.0.0.1:${port}`);
    await second.close();
    const wrong = new SipClient({ uri: 'sip:c@127.0.0.1', listen: ['here'], runtime });
    await expect(wrong.contact()).rejects.toMatchObject({ code: 'BAD_LISTEN_POINT' });
    expect(runtime.clock.armedTimers).toBe(0);
  });

  it('tell of every message, and of media that cannot be had', async () => {
    const runtime = nodeRuntime();
    const seen: string[] = [];
    const alice = new SipClient({
      uri: 'sip:alice@127.0.0.1',
      runtime,
      media: { codecs: ['pcma'], ports: { from: 42_000, to: 42_099 } },
      onMessage: ({ direction, message }) =>
        seen.push(`${direction} ${message.kind === 'request' ? message.method : message.status}`),
    });
    const [, bob] = clients('127.0.0.1', 'udp', runtime);
    const [call] = await connect(alice, bob);
    expect((await call.stats())?.codec).toBe('pcma');
    await call.hangUp();
    expect(seen).toEqual(
      expect.arrayContaining([
        'sent INVITE',
        'received 180',
        'received 200',
        'sent ACK',
        'sent BYE',
      ]),
    );
    const mute = new SipClient({
      uri: 'sip:mute@127.0.0.1',
      runtime,
      media: { address: '192.0.2.1' },
    });
    const failed = await mute.call(await bob.contact());
    expect(await failed.ended).toMatchObject({ kind: 'mediaFailed' });
    await Promise.all([alice.close(), bob.close(), mute.close()]);
    expect(runtime.clock.armedTimers).toBe(0);
  });
});

/** Hears a tone for a quarter of a second. */
async function hearsLong(call: Call, hz: number): Promise<void> {
  let frames = 0;
  for await (const { samples, sampleRate } of call.audioIn()) {
    if (toneShare(samples, sampleRate, hz) > 0.9) frames++;
    if (frames >= 12) return;
  }
}

describe('a conference of two calls and us (RFC 5359 §2.10)', () => {
  it('lets all three hear each other, until we leave', async () => {
    const make = (user: string, from: number): SipClient =>
      new SipClient({
        uri: `sip:${user}@127.0.0.1`,
        media: { ports: { from, to: from + 99 } },
        runtime: nodeRuntime(),
      });
    const [alice, bob, carol] = [make('alice', 42_400), make('bob', 42_500), make('carol', 42_600)];
    const [toBob, ofBob] = await connect(alice, bob);
    await toBob.hold();
    const [toCarol, ofCarol] = await connect(alice, carol);
    const conference = await alice.conference([toBob, toCarol]);
    void say(ofBob, 440);
    void say(ofCarol, 700);
    conference.play({ type: 'tone', frequencyHz: 1100, levelDbm0: -10 });
    const both = async (frames: ReadableStream<PcmFrame>, ...tones: number[]): Promise<boolean> => {
      for await (const { samples, sampleRate } of frames) {
        if (tones.every((hz) => toneShare(samples, sampleRate, hz) > 0.1)) return true;
      }
      return false;
    };
    expect(await both(ofBob.audioIn(), 700, 1100)).toBe(true);
    expect(await both(ofCarol.audioIn(), 440, 1100)).toBe(true);
    expect(await both(conference.audioIn(), 440, 700)).toBe(true);
    conference.mute(toBob);
    for await (const { samples, sampleRate } of conference.audioIn()) {
      if (toneShare(samples, sampleRate, 440) < 0.01) break;
    }
    await conference.end();
    expect([(await ofBob.ended).kind, (await ofCarol.ended).kind]).toEqual(['hungUp', 'hungUp']);
    await Promise.all([alice.close(), bob.close(), carol.close()]);
  }, 30_000);
});
