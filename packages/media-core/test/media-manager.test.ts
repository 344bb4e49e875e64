import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createAudioAnswer,
  createAudioOffer,
  createMediaEngine,
  extractMediaConfig,
  type MediaConfig,
  type MediaEndpointEvent,
  type MediaEngine,
  type MediaEvent,
  MediaManager,
  type MediaSessionId,
  type RtpStreamInfo,
  toneShare,
} from '../src/index.ts';
import { buildWorker } from './build-worker.ts';

const NAMES = [
  'mediaStarted',
  'mediaStopped',
  'mediaQualityChanged',
  'mediaSilent',
  'mediaDigit',
  'mediaFailed',
  'relayEstablished',
  'relayTerminated',
] as const;

let folder = '';
let workerEntry: URL;
let engine: MediaEngine;
let manager: MediaManager;
let events: MediaEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-manager-'));
  workerEntry = await buildWorker(folder);
}, 60_000);
beforeEach(() => start(0));
afterEach(async () => {
  await manager.close();
  expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  await engine.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function start(workers: number, entry = workerEntry): void {
  events = [];
  const ports = { from: 24_000, to: 24_099 };
  engine = createMediaEngine({ address: '127.0.0.1', ports, workers, workerEntry: entry });
  manager = new MediaManager({ engine });
  for (const name of NAMES) manager.on(name, (event) => events.push(event));
}

const told = async (type: MediaEvent['type']): Promise<MediaEvent> => {
  const before = events.find((event) => event.type === type);
  if (before !== undefined) return before;
  return new Promise((resolve) => {
    const unsubscribe = manager.on(type, (event) => {
      unsubscribe();
      resolve(event);
    });
  });
};

/** Two streams, and what both sides made of an offer and an answer. */
async function agreed(codecs: [string[], string[]] = [['pcmu'], ['pcmu']]) {
  const described = ({ local, ssrc, cname }: RtpStreamInfo, names: string[]) => ({
    ...local,
    sessionId: '1',
    codecs: names,
    ssrc,
    cname,
  });
  const [a, b] = [await manager.setupRtpStreams(), await manager.setupRtpStreams()];
  const offer = createAudioOffer(described(a, codecs[0]));
  const answered = createAudioAnswer(offer, described(b, codecs[1]));
  if (!answered.ok) throw new Error(answered.reason.message);
  const taken = extractMediaConfig({ local: offer, remote: answered.answer, role: 'offerer' });
  if (!taken.ok) throw new Error(taken.reason.message);
  return { a: taken.config, b: answered.config };
}

async function started(config: MediaConfig, sessionId: string): Promise<MediaSessionId> {
  const id = await manager.createMediaSession(config);
  await manager.startMedia(sessionId, id);
  return id;
}

/** Whether a tone is heard within two seconds, after what waits in the jitter buffer. */
async function hears(id: MediaSessionId, frequencyHz: number, sampleRate = 8000): Promise<boolean> {
  const reader = manager.audio(id).audioIn({ sampleRate }).getReader();
  try {
    for (let frame = 0; frame < 12; frame++) await reader.read();
    for (let frame = 0; frame < 100; frame++) {
      const { value } = await reader.read();
      if (value && toneShare(value.samples, value.sampleRate, frequencyHz) > 0.9) return true;
    }
    return false;
  } finally {
    await reader.cancel();
  }
}

describe('a media session', () => {
  it('is set up, created, started and stopped, and says so', async () => {
    const configs = await agreed();
    const [a, b] = [await started(configs.a, 'alice'), await started(configs.b, 'bob')];
    manager.audio(a).play({ type: 'tone', frequencyHz: 440 });
    expect(await hears(b, 440)).toBe(true);
    expect(manager.rtpStreamInfo(a)).toMatchObject({
      mediaSessionId: a,
      state: 'active',
      remote: { port: configs.b.local.port },
      direction: 'sendrecv',
    });
    expect(manager.mediaSessionsOf('alice')).toEqual([a]);
    expect(await manager.qualityMetrics(b)).toMatchObject({ packetsLost: 0 });
    expect((await manager.stopMedia(a, 'hung up')).packetsSent).toBeGreaterThan(0);
    expect(events).toMatchObject([
      { type: 'mediaStarted', seq: 1, sessionId: 'alice', mediaSessionId: a, config: configs.a },
      { type: 'mediaStarted', seq: 2, sessionId: 'bob', mediaSessionId: b },
      { type: 'mediaStopped', seq: 3, sessionId: 'alice', mediaSessionId: a, reason: 'hung up' },
    ]);
    await expect(manager.stopMedia(a, 'again')).rejects.toMatchObject({
      code: 'MEDIA_UNKNOWN_SESSION',
    });
  });

  it('turns its direction while it runs', async () => {
    const configs = await agreed();
    const [a, b] = [await started(configs.a, 'alice'), await started(configs.b, 'bob')];
    manager.audio(a).play({ type: 'tone', frequencyHz: 440 });
    expect(await hears(b, 440)).toBe(true);
    await manager.updateMediaDirection(b, 'sendonly');
    expect(manager.rtpStreamInfo(b).direction).toBe('sendonly');
    const { packetsReceived } = await manager.audio(b).stats();
    expect(await hears(b, 440)).toBe(false);
    expect((await manager.audio(b).stats()).packetsReceived).toBe(packetsReceived);
    await manager.updateMediaDirection(b, 'sendrecv');
    expect(await hears(b, 440)).toBe(true);
  });

  it('takes nothing out of turn', async () => {
    const { a } = await agreed();
    const stranger = { ...a, local: { ...a.local, port: 9 } };
    const unknown = { code: 'MEDIA_UNKNOWN_SESSION' };
    await expect(manager.createMediaSession(stranger)).rejects.toMatchObject(unknown);
    const { mediaSessionId } = await manager.setupRtpStreams();
    const wrong = { code: 'MEDIA_WRONG_STATE' };
    await expect(manager.startMedia('x', mediaSessionId)).rejects.toMatchObject(wrong);
    await expect(manager.updateMediaDirection(mediaSessionId, 'inactive')).rejects.toMatchObject(
      wrong,
    );
    await expect(manager.setupRtpRelay('x', 'y')).rejects.toMatchObject(wrong);
    const id = await started(a, 'alice');
    await expect(manager.startMedia('bob', id)).rejects.toMatchObject(wrong);
  });

  it('negotiates on where both sides gave keys elsewhere, and is adopted once', async () => {
    const [a, b] = [await manager.setupRtpStreams(), await manager.setupRtpStreams()];
    const described = ({ local, ssrc, cname }: RtpStreamInfo) => {
      const keys = {
        masterKey: new Uint8Array(16).fill(7),
        masterSalt: new Uint8Array(14).fill(ssrc),
      };
      const crypto = [{ suite: 'AES_CM_128_HMAC_SHA1_80', ...keys }] as const;
      const security = { policy: 'required', crypto } as const;
      return { ...local, sessionId: '1', codecs: ['pcmu'], ssrc, cname, security };
    };
    const local = createAudioOffer(described(a));
    const answered = createAudioAnswer(local, described(b));
    if (!answered.ok) throw new Error(answered.reason.message);
    const request = { local, remote: answered.answer, role: 'offerer', onEvent: () => {} } as const;
    const ours = await manager.openNegotiated({ ...request, label: 'alice' });
    await expect(manager.openNegotiated({ ...request, label: 'eve' })).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    const line = (sdp: string) => /a=crypto:.*/.exec(sdp)?.[0];
    const hold = await ours.createOffer({ direction: 'sendonly' });
    expect(line(hold)).toBe(line(local));
    expect(hold).toContain('RTP/SAVP 0');
    await ours.rollback();
    const asked = createAudioOffer({ ...described(b), direction: 'sendonly', version: 2 });
    expect(line(await ours.acceptOffer(asked))).toBe(line(local));
    expect((await ours.stats()).direction).toBe('recvonly');
  });

  it('ends with its manager, as do conferences and what is opened meanwhile', async () => {
    const conference = await manager.openConference({ label: 'room' });
    const opening = manager.setupRtpStreams();
    await manager.close();
    const closed = { code: 'MEDIA_CLOSED' };
    await expect(opening).rejects.toMatchObject(closed);
    await expect(conference.stats()).rejects.toMatchObject(closed);
    const feed = { label: 'call', streams: [], onEvent: () => {} };
    await expect(manager.openRecordingFeed(feed)).rejects.toMatchObject(closed);
  });

  it('does not start where keys were to come by DTLS: it would be silent for ever', async () => {
    const { a } = await agreed();
    const fingerprints = [{ hash: 'sha-256', value: new Uint8Array(32) }] as const;
    const security = { kind: 'dtls', role: 'client', fingerprints } as const;
    const id = await manager.createMediaSession({ ...a, security });
    await expect(manager.startMedia('alice', id)).rejects.toMatchObject({
      code: 'MEDIA_UNSUPPORTED',
    });
    expect(manager.rtpStreamInfo(id).state).toBe('configured');
  });
});

/** Lets a test tell the manager what its streams, in the order of their opening, would tell. */
function tellingEngine(): ((event: MediaEndpointEvent) => void)[] {
  const tell: ((event: MediaEndpointEvent) => void)[] = [];
  const openStream: MediaEngine['openStream'] = (request) => {
    tell.push((event) => request.onEvent(event));
    return engine.openStream(request);
  };
  const wrapped: MediaEngine = Object.assign(Object.create(engine) as MediaEngine, { openStream });
  manager = new MediaManager({ engine: wrapped });
  for (const name of NAMES) manager.on(name, (event) => events.push(event));
  return tell;
}

it('closes a session that failed, and frees its ports', async () => {
  const tell = tellingEngine();
  await started((await agreed()).a, 'alice');
  tell[0]?.({ type: 'failed', code: 'ICE_FAILED', message: 'nobody there' });
  expect(await told('mediaFailed')).toMatchObject({ error: { code: 'ICE_FAILED' } });
  await expect.poll(() => engine.usage()).toEqual({ endpoints: 1, ports: 2 }); // the other one
});

describe('a relay', () => {
  /** Alice and Bob, each at a phone of ours, with a session of the manager's before each. */
  async function bridge(codecs?: [string[], string[]]) {
    const [left, right] = [
      await agreed(codecs && [codecs[0], codecs[0]]),
      await agreed(codecs && [codecs[1], codecs[1]]),
    ];
    const alice = await started(left.a, 'alice');
    const bob = await started(right.a, 'bob');
    await started(left.b, 'to alice');
    await started(right.b, 'to bob');
    const relay = await manager.setupRtpRelay('to alice', 'to bob');
    return { alice, bob, relay };
  }

  it('hands packets on as they are, both ways, with digits, and gives both back', async () => {
    const { alice, bob, relay } = await bridge();
    expect(events.at(-1)).toMatchObject({
      type: 'relayEstablished',
      relayId: relay,
      sessionAId: 'to alice',
      sessionBId: 'to bob',
      mode: 'packets',
    });
    manager.audio(alice).play({ type: 'tone', frequencyHz: 440 });
    manager.audio(bob).play({ type: 'tone', frequencyHz: 1000 });
    expect(await Promise.all([hears(bob, 440), hears(alice, 1000)])).toEqual([true, true]);
    await manager.audio(alice).sendDigits('5');
    const digits = events.filter(({ type }) => type === 'mediaDigit');
    expect(digits.map((one) => one.type === 'mediaDigit' && one.sessionId)).toEqual([
      'to alice',
      'bob',
    ]);
    await expect(manager.setupRtpRelay('to alice', 'to bob')).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await manager.teardownRtpRelay(relay);
    expect(events.at(-1)).toMatchObject({ type: 'relayTerminated', reason: 'torn down' });
    expect(await hears(bob, 440)).toBe(false);
    const [toBob] = manager.mediaSessionsOf('to bob');
    if (toBob === undefined) throw new Error('gone');
    manager.audio(toBob).play({ type: 'tone', frequencyHz: 660 });
    expect(await hears(bob, 660)).toBe(true);
    expect((await manager.qualityMetrics(bob))?.packetsLost).toBe(0);
  });

  it('hands on the sound where the two have no codec in common, and digits beside it', async () => {
    const { alice, bob } = await bridge([['pcmu'], ['pcma']]);
    expect(events.at(-1)).toMatchObject({ type: 'relayEstablished', mode: 'audio' });
    manager.audio(alice).play({ type: 'tone', frequencyHz: 440 });
    expect(await hears(bob, 440)).toBe(true);
    const atBob = new Promise<string>((resolve) => {
      manager.on('mediaDigit', ({ sessionId, digit }) => sessionId === 'bob' && resolve(digit));
    });
    await manager.audio(alice).sendDigits('7');
    expect(await atBob).toBe('7');
  });

  it('hands on wideband sound as it is', async () => {
    const { alice, bob } = await bridge([['g722'], ['opus']]);
    expect(events.at(-1)).toMatchObject({ type: 'relayEstablished', mode: 'audio' });
    manager.audio(alice).play({ type: 'tone', frequencyHz: 5000 });
    expect(await hears(bob, 5000, 16_000)).toBe(true);
  });

  it('leaves nothing open where one of the two is used otherwise', async () => {
    const [left, right] = [await agreed([['pcmu'], ['pcmu']]), await agreed([['pcma'], ['pcma']])];
    const a = await started(left.a, 'to alice');
    const b = await started(right.a, 'to bob');
    const used = manager.audio(b).audioIn();
    await expect(manager.setupRtpRelay('to alice', 'to bob')).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await used.cancel();
    await manager.setupRtpRelay('to alice', 'to bob');
    expect(manager.mediaSessionsOf('to alice')).toEqual([a]);
  });

  it('passes digits beside the sound that are not in it', async () => {
    const tell = tellingEngine();
    const { alice, bob } = await bridge([['pcmu'], ['pcma']]);
    const atBob: string[] = [];
    const heard = new Promise<void>((resolve) => {
      manager.on('mediaDigit', ({ mediaSessionId, digit }) => {
        if (mediaSessionId !== bob) return;
        atBob.push(digit);
        if (digit === '8') resolve();
      });
    });
    tell[1]?.({ type: 'digit', digit: '7', durationMs: 100, source: 'inband' });
    await manager.audio(alice).sendDigits('8');
    await heard;
    expect(atBob).toEqual(['8']);
  });

  it('ends with either session', async () => {
    const { relay } = await bridge();
    const [toBob] = manager.mediaSessionsOf('to bob');
    if (toBob === undefined) throw new Error('gone');
    await manager.stopMedia(toBob, 'hung up');
    expect(events.slice(-2)).toMatchObject([
      { type: 'relayTerminated', relayId: relay, reason: 'hung up' },
      { type: 'mediaStopped', sessionId: 'to bob' },
    ]);
  });
});

it('tells which sessions a worker took with it when it died, and goes on with another', async () => {
  await engine.close();
  const mortal = join(folder, 'mortal-manager.mjs');
  await writeFile(
    mortal,
    `import { parentPort } from 'node:worker_threads';
     import './worker.mjs';
     parentPort.on('message', ({ method }) => { if (method === 'echo') throw new Error('struck down'); });`,
  );
  start(1, pathToFileURL(mortal));
  const configs = await agreed();
  const a = await started(configs.a, 'alice');
  await started(configs.b, 'bob');
  manager.audio(a).echo(true);
  expect(await told('mediaFailed')).toMatchObject({ error: { code: 'MEDIA_WORKER_DIED' } });
  expect(events.filter(({ type }) => type === 'mediaFailed')).toHaveLength(2);
  expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  const next = await agreed();
  await started(next.a, 'carol');
  expect(manager.mediaSessionsOf('carol')).toHaveLength(1);
});
