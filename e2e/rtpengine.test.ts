import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMediaEngine, type MediaEngine } from '@strowger/media-core';
import { RtpengineBackend, type RtpengineBackendOptions } from '@strowger/media-rtpengine';
import type { MediaEndpoint, MediaEndpointEvent } from '@strowger/session-core';
import { describeMediaBackend } from '@strowger/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Packets } from './capture.ts';
import { describeWithPeers, pause, until, workFolder } from './lab.ts';
import { RtpengineDaemon } from './rtpengine-daemon.ts';
import { shows } from './shows.ts';
import { listen, writeTone } from './sound.ts';

const folder = workFolder('rtpengine');
const DIGIT_LOG = { address: '127.0.0.1', port: 22_299 };
const daemon = new RtpengineDaemon({
  folder,
  port: 22_223,
  ports: { from: 30_000, to: 30_999 },
  digitLog: `${DIGIT_LOG.address}:${DIGIT_LOG.port}`,
  recordings: folder,
});

function terminal(from: number): MediaEngine {
  return createMediaEngine({
    address: '127.0.0.1',
    ports: { from, to: from + 199 },
    codecs: ['pcmu', 'pcma'],
    workers: 0,
  });
}

function backend(options: Partial<RtpengineBackendOptions> = {}): RtpengineBackend {
  return new RtpengineBackend({
    engines: [daemon.engine],
    terminal: terminal(32_000),
    ...options,
  });
}

describeWithPeers(['rtpengine', 'sox', 'tshark'], 'rtpengine', () => {
  beforeAll(() => daemon.start());
  afterAll(() => daemon.kill());

  describeMediaBackend({ describe, it }, 'rtpengine', () => backend());

  describe('a relay between two phones', () => {
    it('carries their voices, counts them, and tells their digits', async () => {
      await withRelay(
        { digitLog: DIGIT_LOG, pollMs: 200 },
        async ({ near, far, relay, events }) => {
          await connect({ near, far, relay });
          near.play({ type: 'tone', frequencyHz: 440 });
          far.play({ type: 'tone', frequencyHz: 880 });
          await hears(far, 440);
          await hears(near, 880);
          await near.sendDigits('7');
          await until('the digit', () =>
            events.find(([end, { type }]) => end === 'a' && type === 'digit'),
          );
          expect(events).toContainEqual([
            'a',
            expect.objectContaining({ type: 'digit', digit: '7' }),
          ]);
          await until('both ends started', () => started(events) === 2);
          const [a, b] = [await relay.a.stats(), await relay.b.stats()];
          expect(a.packetsReceived).toBeGreaterThan(5);
          expect(Math.abs(a.packetsSent - b.packetsReceived)).toBeLessThan(10);
          expect([a.codec, a.direction]).toEqual(['pcmu', 'sendrecv']);
        },
      );
      shows('rtpengine', 'Relay: voices, counters and digits of two phones');
    });

    it('encrypts on one side alone', async () => {
      const secure = backend({ peers: { srtp: 'required' }, terminal: terminal(32_400) });
      const plain = terminal(32_600);
      try {
        // the secure side is another rtpengine, which here stands for a phone with SRTP
        const phone = await secure.openEndpoint({ label: 'phone', onEvent() {} });
        const offer = await phone.createOffer();
        expect(offer).toMatch(/m=audio \d+ RTP\/SAVP /);
        expect(offer).not.toContain('NULL_HMAC');
        const relayed = backend({ terminal: terminal(32_800) });
        const { a, b } = await relayed.openRelay({ label: 'relay', onEvent() {} });
        const far = await plain.openEndpoint({ label: 'far', onEvent() {} });
        const answering = a.acceptOffer(offer);
        const forward = await b.createOffer();
        expect(forward).toMatch(/m=audio \d+ RTP\/AVP /);
        expect(forward).not.toContain('crypto');
        await b.acceptAnswer(await far.acceptOffer(forward));
        const answer = await answering;
        expect(answer).toMatch(/a=crypto:\d+ /);
        await phone.acceptAnswer(answer);
        phone.play({ type: 'tone', frequencyHz: 600 });
        far.play({ type: 'tone', frequencyHz: 900 });
        await hears(far, 600);
        await hears(phone, 900);
        await relayed.close();
      } finally {
        await Promise.all([secure.close(), plain.close()]);
      }
      shows('rtpengine', 'Relay: SRTP on one side alone');
    });

    it('transcodes between phones that share no codec, where it may', async () => {
      const media = backend({ transcode: 'whenNeeded' });
      const phones = (codec: string, from: number): MediaEngine =>
        createMediaEngine({
          address: '127.0.0.1',
          ports: { from, to: from + 99 },
          codecs: [codec],
          workers: 0,
        });
      const both = [phones('g722', 33_000), phones('pcmu', 33_200)] as const;
      try {
        const relay = await media.openRelay({ label: 'relay', onEvent() {} });
        const near = await both[0].openEndpoint({ label: 'near', onEvent() {} });
        const far = await both[1].openEndpoint({ label: 'far', onEvent() {} });
        await connect({ near, far, relay });
        near.play({ type: 'tone', frequencyHz: 440 });
        far.play({ type: 'tone', frequencyHz: 880 });
        await hears(far, 440);
        await hears(near, 880);
        const [a, b] = [await near.stats(), await far.stats()];
        expect([a.codec, b.codec]).toEqual(['g722', 'pcmu']);
        expect((await relay.a.stats()).transcoded).toEqual({
          from: 'g722',
          to: 'pcmu',
          reason: 'noCommonCodec',
        });
      } finally {
        await Promise.all([media.close(), both[0].close(), both[1].close()]);
      }
      shows('rtpengine', 'Relay: transcodes');
    });

    it('refuses in the clear where encryption is required', async () => {
      const secure = backend({ peers: { srtp: 'required' } });
      const plain = terminal(32_600);
      const phone = await plain.openEndpoint({ label: 'phone', onEvent() {} });
      const endpoint = await secure.openEndpoint({ label: 'ours', onEvent() {} });
      await expect(endpoint.acceptOffer(await phone.createOffer())).rejects.toMatchObject({
        code: 'MEDIA_NOT_ENCRYPTED',
      });
      await Promise.all([secure.close(), plain.close()]);
    });

    it('offers a browser DTLS and ICE', async () => {
      const web = backend({ peers: { srtp: 'required', keying: 'dtls', ice: 'offer' } });
      const endpoint = await web.openEndpoint({ label: 'browser', onEvent() {} });
      const offer = await endpoint.createOffer();
      for (const part of [
        'UDP/TLS/RTP/SAVPF',
        'a=fingerprint:sha-256 ',
        'a=ice-ufrag:',
        'typ host',
      ]) {
        expect(offer).toContain(part);
      }
      expect(offer).not.toContain('a=crypto:');
      await web.close();
    });

    it('passes hold', async () => {
      await withRelay({}, async ({ near, far, relay }) => {
        await connect({ near, far, relay });
        await connect({ near, far, relay }, 'sendonly');
        expect((await relay.a.stats()).direction).toBe('recvonly');
        expect((await far.stats()).direction).toBe('recvonly');
      });
    });

    it('blocks what one party says, and lets it through again', async () => {
      await withRelay({}, async ({ near, far, relay }) => {
        await connect({ near, far, relay });
        near.play({ type: 'tone', frequencyHz: 440 });
        await hears(far, 440);
        await relay.a.blockMedia(true);
        await silent(far);
        await relay.a.blockMedia(false);
        await hears(far, 440);
      });
    });

    it('plays a file of its machine to one party, and stops', async () => {
      const file = join(folder, 'announcement.wav');
      writeTone(file, 700, 10);
      await withRelay({}, async ({ near, far, relay }) => {
        await connect({ near, far, relay });
        far.play({ type: 'tone', frequencyHz: 880 });
        await hears(near, 880);
        await relay.b.blockMedia(true);
        const { durationMs } = await relay.a.playMedia(file);
        expect(durationMs).toBe(10_000);
        await hears(near, 700);
        await relay.a.stopMedia();
        await relay.b.blockMedia(false);
        await hears(near, 880);
      });
      shows('rtpengine', 'Relay: plays a file to one party');
    });

    it('is recorded at the engine: both voices, and what they say between two captures not', async () => {
      let name = '';
      await withRelay({}, async ({ near, far, relay }) => {
        await expect(relay.a.startRecording()).rejects.toMatchObject({ code: 'MEDIA_FAILED' });
        await connect({ near, far, relay });
        near.play({ type: 'tone', frequencyHz: 440 });
        const theirs = far.play({ type: 'tone', frequencyHz: 880 });
        await hears(near, 880);
        ({ name } = await relay.a.startRecording({ metadata: 'of a test' }));
        await pause(2000);
        await relay.b.stopRecording();
        theirs.stop();
        const unheard = far.play({ type: 'tone', frequencyHz: 1500 });
        await hears(near, 1500);
        unheard.stop();
        far.play({ type: 'tone', frequencyHz: 1200 });
        await hears(near, 1200);
        await relay.b.startRecording();
        await pause(1500);
      });
      const written = (part: string): string[] =>
        readdirSync(join(folder, part))
          .filter((file) => file.includes(name))
          .map((file) => join(folder, part, file));
      await until('the metadata', () => written('metadata').length === 2);
      const metadata = written('metadata').map((file) => readFileSync(file, 'utf8'));
      for (const text of metadata) expect(text).toContain('of a test');
      const voices = written('pcaps').map((file) => voicesIn(new Packets(file)));
      const heardFor = (hz: number): number[] =>
        voices
          .map((each) => Math.max(...each.map((one) => one.heardFor(hz))))
          .toSorted((one, other) => one - other);
      const [least, most] = heardFor(440);
      expect(Math.min(least ?? 0, most ?? 0), 'the one, in both').toBeGreaterThan(0.7);
      for (const hz of [880, 1200]) {
        const [inOne, inOther] = heardFor(hz);
        expect(inOne, `${hz} Hz in one capture`).toBeLessThan(0.3);
        expect(inOther, `${hz} Hz in the other`).toBeGreaterThan(0.7);
      }
      expect(Math.max(...heardFor(1500)), 'between them').toBeLessThan(0.3);
      shows('rtpengine', 'Relay: captures both parties');
    });

    it('blocks digits of one party, and lets them through again', async () => {
      await withRelay({}, async ({ near, far, relay, heard }) => {
        await connect({ near, far, relay });
        await relay.a.blockDigits(true);
        await near.sendDigits('1');
        await relay.a.blockDigits(false);
        await near.sendDigits('2');
        await until('the digit that may pass', () => heard.includes('2'));
        expect(heard).toEqual(['2']);
      });
    });
  });

  describe('engines that fail', () => {
    it('asks the next engine where one does not reply', async () => {
      const dead = { address: '127.0.0.1', port: 22_226, weight: 100 };
      const both = backend({ engines: [dead, daemon.engine] });
      const endpoint = await both.openEndpoint({ label: 'failover', onEvent() {} });
      expect(await endpoint.createOffer()).toContain('m=audio 30');
      expect(both.engines.map(({ isUp, calls }) => [isUp, calls])).toEqual([
        [false, 0],
        [true, 1],
      ]);
      await both.close();
    });

    it('tells a call whose engine died', async () => {
      const mortal = new RtpengineDaemon({
        folder,
        port: 22_224,
        ports: { from: 31_000, to: 31_199 },
      });
      await mortal.start();
      const options = { engines: [mortal.engine], pingMs: 200, lostAfterMs: 2500 };
      await withRelay(options, async ({ near, far, relay, events, media }) => {
        await connect({ near, far, relay });
        await mortal.kill();
        await until('the failure', () => failed(events) === 2, 15_000);
        expect(events).toContainEqual([
          'b',
          expect.objectContaining({ type: 'failed', code: 'RTPENGINE_LOST' }),
        ]);
        expect(media.engines[0]).toMatchObject({ isUp: false, calls: 0 });
      });
      shows('rtpengine', 'Relay: dies in a call, which is told');
    });

    it('tells a call whose engine was started anew', async () => {
      const mortal = new RtpengineDaemon({
        folder,
        port: 22_225,
        ports: { from: 31_200, to: 31_399 },
      });
      await mortal.start();
      const options = { engines: [mortal.engine], pingMs: 300 };
      await withRelay(options, async ({ near, far, relay, events }) => {
        await connect({ near, far, relay });
        await mortal.kill();
        await mortal.start();
        await until('the failure', () => failed(events) === 2);
      });
      await mortal.kill();
    });
  });
});

/** What each party says in a capture. */
function voicesIn(packets: Packets) {
  const ports = new Set(packets.fields('rtp', 'udp.srcport').map(([port]) => port));
  return [...ports].map((port) => listen(packets.sound(`udp.srcport == ${port}`)));
}

type RelayEvent = ['a' | 'b', MediaEndpointEvent];
type Relay = Awaited<ReturnType<RtpengineBackend['openRelay']>>;

interface Parties {
  near: MediaEndpoint;
  far: MediaEndpoint;
  relay: Relay;
}

async function withRelay(
  options: Partial<RtpengineBackendOptions>,
  story: (
    stage: Parties & {
      events: RelayEvent[];
      media: RtpengineBackend;
      /** Digits that the far phone heard. */
      heard: string[];
    },
  ) => Promise<void>,
): Promise<void> {
  const media = backend(options);
  const phones = terminal(32_200);
  const events: RelayEvent[] = [];
  try {
    const relay = await media.openRelay({
      label: 'relay',
      onEvent: (...event) => events.push(event),
    });
    const near = await phones.openEndpoint({ label: 'near', onEvent() {} });
    const heard: string[] = [];
    const far = await phones.openEndpoint({
      label: 'far',
      onEvent: (event) => event.type === 'digit' && heard.push(event.digit),
    });
    await story({ near, far, relay, events, media, heard });
  } finally {
    await Promise.all([media.close(), phones.close()]);
  }
  expect(media.usage()).toEqual({ endpoints: 0, ports: 0 });
}

async function connect(
  { near, far, relay }: Parties,
  direction: 'sendrecv' | 'sendonly' = 'sendrecv',
): Promise<void> {
  const answering = relay.a.acceptOffer(await near.createOffer({ direction }));
  await relay.b.acceptAnswer(await far.acceptOffer(await relay.b.createOffer()));
  await near.acceptAnswer(await answering);
}

/** Resolves when a second of audio at most has brought this tone. */
async function hears(endpoint: MediaEndpoint, hz: number): Promise<void> {
  const reader = endpoint.audioIn().getReader();
  try {
    for (let frames = 0; frames < 150; frames++) {
      const { value } = await reader.read();
      if (value && share(value.samples, value.sampleRate, hz) > 0.8) return;
    }
  } finally {
    await reader.cancel();
  }
  throw new Error(`${hz} Hz was not heard`);
}

async function silent(endpoint: MediaEndpoint): Promise<void> {
  const reader = endpoint.audioIn().getReader();
  try {
    for (let frames = 0; frames < 150; frames++) {
      const { value } = await reader.read();
      if (value?.samples.every((one) => Math.abs(one) < 100) === true) return;
    }
  } finally {
    await reader.cancel();
  }
  throw new Error('it went on');
}

/** The share of a frame's energy that is in this tone (Goertzel). */
function share(samples: Int16Array, rate: number, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [last, before, energy] = [0, 0, 1];
  for (const sample of samples) {
    energy += sample * sample;
    [before, last] = [last, sample + coefficient * last - before];
  }
  return (
    (2 * (last * last + before * before - coefficient * last * before)) / samples.length / energy
  );
}

function started(events: readonly RelayEvent[]): number {
  return new Set(events.filter(([, { type }]) => type === 'started').map(([end]) => end)).size;
}

function failed(events: readonly RelayEvent[]): number {
  return new Set(events.filter(([, { type }]) => type === 'failed').map(([end]) => end)).size;
}
