import { describe, expect, it } from 'vitest';
import type { FeedEndpoint, MediaEndpoint } from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const EVENTS = 'a=rtpmap:101 telephone-event/8000';

/** Two raw phones that talk over a relay, and a recorder of two raw lines. */
async function story(options: Parameters<typeof engineOn>[2] = {}) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, PBX, options);
  const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
  const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
  const recorder = simulation.network.host('srs', { address: '10.0.3.1' }).runtime;
  const one = await RawPhone.at(recorder, { address: '10.0.3.1', port: 7000 });
  const two = await RawPhone.at(recorder, { address: '10.0.3.1', port: 7002 });
  const relay = await engine.openRelay({ label: 'call', onEvent: () => {} });
  const answering = relay.a.acceptOffer(near.describe('8 101', EVENTS));
  await relay.b.createOffer();
  await relay.b.acceptAnswer(far.describe('8 101', EVENTS));
  await answering;
  return { simulation, engine, near, far, one, two, relay };
}

const feedOf = (engine: Awaited<ReturnType<typeof story>>['engine'], relay: Relay) =>
  engine.openRecordingFeed({
    label: 'call',
    streams: [
      { label: 'caller', of: relay.a, flow: 'received' },
      { label: 'callee', of: relay.b, flow: 'received' },
    ],
    onEvent: () => {},
  });

/** The answer of a recorder that takes both lines at its ports 7000 and 7002. */
function answerOf(first: string, second: string, direction = 'recvonly'): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 10.0.3.1',
    's=-',
    'c=IN IP4 10.0.3.1',
    't=0 0',
    first,
    `a=${direction}`,
    second,
    `a=${direction}`,
    '',
  ].join('\r\n');
}

const BOTH = answerOf('m=audio 7000 RTP/AVP 8', 'm=audio 7002 RTP/AVP 8');

type Relay = { a: MediaEndpoint; b: MediaEndpoint };

/** Each phone says ten packets, of its own bytes. */
async function speak({ simulation, relay, near, far }: Awaited<ReturnType<typeof story>>) {
  const a = (await relay.a.stats()).local;
  const b = (await relay.b.stats()).local;
  if (a === undefined || b === undefined) throw new Error('both ends have ports');
  for (let at = 0; at < 10; at++) {
    near.send(a, { payloadType: 8, sequence: at, timestamp: at * 160, ssrc: 1 }, [at]);
    far.send(b, { payloadType: 8, sequence: at, timestamp: at * 160, ssrc: 2 }, [100 + at]);
  }
  await simulation.run(50);
}

const first = (phone: RawPhone): (number | undefined)[] => phone.rtp.map((one) => one.payload[0]);
const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a feed of a recording server', () => {
  it('offers a line for each stream, and sends each party on its own, untouched (RFC 7866 §7.1.1, RFC 4574)', async () => {
    const all = await story();
    const { engine, relay, near, far, one, two } = all;
    const feed = await feedOf(engine, relay);
    const offer = await feed.createOffer();
    expect(offer.match(/^m=audio \d+ RTP\/AVP 8 101$/gmu)).toHaveLength(2);
    expect(offer.match(/^a=(label:\w+|sendonly)$/gmu)).toEqual([
      'a=label:caller',
      'a=sendonly',
      'a=label:callee',
      'a=sendonly',
    ]);
    await feed.acceptAnswer(BOTH);
    await speak(all);
    expect(first(one)).toEqual(TEN);
    expect(first(two)).toEqual(TEN.map((at) => 100 + at));
    // the parties hear each other as before
    expect(first(far)).toEqual(TEN);
    expect(first(near)).toEqual(TEN.map((at) => 100 + at));
    expect(new Set([...one.rtp, ...two.rtp].map(({ ssrc }) => ssrc)).size).toBe(2);
    expect((await feed.stats()).packetsSent).toBe(20);
    await feed.close();
    await speak(all);
    expect(one.rtp).toHaveLength(10);
    expect(far.rtp).toHaveLength(20);
    await engine.close();
    expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  });

  it('uses the numbers of the recorder, and leaves out what it does not take', async () => {
    const all = await story();
    const { engine, relay, one, two } = all;
    const feed = await feedOf(engine, relay);
    await feed.createOffer();
    const numbered = 'm=audio 7000 RTP/AVP 98\r\na=rtpmap:98 PCMA/8000';
    await feed.acceptAnswer(answerOf(numbered, 'm=audio 0 RTP/AVP 8'));
    await speak(all);
    expect(one.rtp.map(({ payloadType }) => payloadType)).toEqual(TEN.map(() => 98));
    expect(two.rtp).toEqual([]);
    await engine.close();
  });

  it('is paused and taken back by the recorder, and keeps its session', async () => {
    const all = await story();
    const { engine, relay, one } = all;
    const feed = await feedOf(engine, relay);
    const offer = await feed.createOffer();
    await feed.acceptAnswer(BOTH);
    const paused = await feed.acceptOffer(
      answerOf('m=audio 7000 RTP/AVP 8', 'm=audio 7002 RTP/AVP 8', 'inactive'),
    );
    expect(paused.match(/^a=(inactive|label:\w+)$/gmu)).toHaveLength(4);
    expect(/^o=- (\d+) /mu.exec(paused)?.[1]).toBe(/^o=- (\d+) /mu.exec(offer)?.[1]);
    await speak(all);
    expect(one.rtp).toEqual([]);
    const resumed = await feed.acceptOffer(BOTH);
    expect(resumed.match(/^a=sendonly$/gmu)).toHaveLength(2);
    await speak(all);
    expect(one.rtp).toHaveLength(10);
    await engine.close();
  });

  it('goes on to a recorder that never reports', async () => {
    const all = await story({ timeoutMs: 30_000 });
    const { engine, relay, one, simulation } = all;
    const feed = await feedOf(engine, relay);
    await feed.createOffer();
    await feed.acceptAnswer(BOTH);
    await simulation.run(60_000);
    await speak(all);
    expect(one.rtp).toHaveLength(10);
    await engine.close();
  });

  it('is encrypted where the recorder has keys, with others on each line', async () => {
    const { engine, relay } = await story();
    const feed = await engine.openRecordingFeed({
      label: 'call',
      srtp: 'required',
      keying: ['sdes'],
      streams: [
        { label: '1', of: relay.a, flow: 'received' },
        { label: '2', of: relay.a, flow: 'sent' },
      ],
      onEvent: () => {},
    });
    const offer = await feed.createOffer();
    expect(offer.match(/^m=audio \d+ RTP\/SAVP /gmu)).toHaveLength(2);
    const keys = [...offer.matchAll(/^a=crypto:1 \S+ (\S+)/gmu)].map(([, key]) => key);
    expect(new Set(keys).size).toBe(2);
    await expect(feed.acceptAnswer(BOTH)).rejects.toMatchObject({ code: 'MEDIA_NOT_ACCEPTABLE' });
    await engine.close();
  });

  it('copies what an endpoint says, as what it hears', async () => {
    const { simulation, engine, near, one, two } = await story();
    const { endpoint } = await listening(engine, ['pcma']);
    await endpoint.acceptOffer(near.describe('8'));
    const feed = await engine.openRecordingFeed({
      label: 'call',
      streams: [
        { label: '1', of: endpoint, flow: 'received' },
        { label: '2', of: endpoint, flow: 'sent' },
      ],
      onEvent: () => {},
    });
    await feed.createOffer();
    await feed.acceptAnswer(BOTH);
    endpoint.play({ type: 'tone', frequencyHz: 440 });
    const { local } = await endpoint.stats();
    if (local) near.send(local, { payloadType: 8, sequence: 1, timestamp: 160 }, [7]);
    near.rtp.length = 0;
    await simulation.run(1000);
    expect(first(one)).toEqual([7]);
    expect(two.rtp.length).toBeGreaterThan(45);
    const said = near.rtp.map(({ payload }) => payload.join());
    expect(said).toEqual(expect.arrayContaining(two.rtp.map(({ payload }) => payload.join())));
    await engine.close();
  });

  it('refuses what is not its own, has nothing agreed, or cannot be said', async () => {
    const { engine, relay, simulation } = await story();
    const other = engineOn(simulation, { name: 'other', address: '10.0.9.1' });
    const { endpoint } = await listening(other, ['pcma']);
    const open = (label: string, of: MediaEndpoint): Promise<FeedEndpoint> =>
      engine.openRecordingFeed({
        label: 'call',
        streams: [{ label, of, flow: 'received' }],
        onEvent: () => {},
      });
    await expect(open('1', endpoint)).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
    await expect(open('a b', relay.a)).rejects.toMatchObject({ code: 'MEDIA_BAD_FEED' });
    const { endpoint: early } = await listening(engine, ['pcma']);
    const feed = await open('1', early);
    await expect(feed.createOffer()).rejects.toMatchObject({ code: 'MEDIA_WRONG_STATE' });
    expect(() => feed.play({ type: 'tone', frequencyHz: 440 })).toThrow(/recording server/);
    await Promise.all([engine.close(), other.close()]);
    expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  });
});
