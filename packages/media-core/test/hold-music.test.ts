import { afterEach, describe, expect, it } from 'vitest';
import {
  type MediaEndpoint,
  type MediaEndpointEvent,
  type MediaEngine,
  type MediaEngineOptions,
  pcmuDecode,
  toneShare,
} from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const MUSIC = { type: 'tone', frequencyHz: 1000 } as const;
const EVENTS = ['a=rtpmap:101 telephone-event/8000'];
const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

async function stage(relaySettings: MediaEngineOptions['relay'] = { holdMusic: MUSIC }) {
  const simulation = mediaSimulation();
  const pbx = engineOn(simulation, PBX, { relay: relaySettings });
  engines.push(pbx);
  const alice = await RawPhone.on(simulation, { name: 'alice', address: '10.0.1.1' });
  const bob = await RawPhone.on(simulation, { name: 'bob', address: '10.0.2.1' });
  const told: MediaEndpointEvent[] = [];
  const relay = await pbx.openRelay({
    label: 'call',
    convertDigits: true,
    onEvent: (_, event) => told.push(event),
  });
  const ports = async () => ({ a: await portOf(relay.a), b: await portOf(relay.b) });
  return { simulation, pbx, alice, bob, relay, ports, told };
}

const portOf = async (end: MediaEndpoint) => (await end.stats()).local ?? { address: '', port: 0 };

async function pass(from: MediaEndpoint, to: MediaEndpoint, offer: string, answer: string) {
  const answering = from.acceptOffer(offer);
  answering.catch(() => {});
  const forwarded = await to.createOffer();
  await to.acceptAnswer(answer);
  return { forwarded, answered: await answering };
}

/** How much of what a raw phone got since a packet is this tone, and whether it is one stream. */
function heardOf(phone: RawPhone, since: number, frequencyHz: number): number {
  const samples = phone.rtp.slice(since).flatMap(({ payload }) => {
    const bytes = Uint8Array.from(payload);
    const out = new Int16Array(bytes.length);
    pcmuDecode(bytes, out);
    return [...out];
  });
  return samples.length === 0 ? 0 : toneShare(Int16Array.from(samples), 8000, frequencyHz);
}

describe('music on hold through a relay (RFC 5359 §2.3)', () => {
  it.each([
    ['sendonly', 'sendonly', 'recvonly'],
    ['inactive', 'sendonly', 'inactive'],
  ])('is heard by who is held by %s, and ends with it', async (says, toBob, toAlice) => {
    const { simulation, alice, bob, relay, ports } = await stage();
    await pass(relay.a, relay.b, alice.describe('0'), bob.describe('0'));
    const at = await ports();
    const speak = async (from: number, packets: number): Promise<void> => {
      for (let one = 0; one < packets; one++) {
        const sequence = from + one;
        alice.send(at.a, { sequence, timestamp: sequence * 160 }, Array<number>(160).fill(0x55));
        await simulation.run(20);
      }
    };
    await speak(0, 10);
    expect(bob.rtp).toHaveLength(10);
    const held = await pass(
      relay.a,
      relay.b,
      alice.describe('0', `a=${says}`),
      bob.describe('0', 'a=recvonly'),
    );
    expect(held.forwarded).toContain(`a=${toBob}`);
    expect(held.answered).toContain(`a=${toAlice}`);
    await speak(10, 100); // many phones go on to send
    const during = bob.rtp.length - 10;
    expect(during).toBeGreaterThanOrEqual(99);
    expect(during).toBeLessThanOrEqual(101);
    expect(heardOf(bob, 10, 1000)).toBeGreaterThan(0.99);
    await pass(relay.a, relay.b, alice.describe('0'), bob.describe('0'));
    const before = bob.rtp.length;
    await speak(110, 10);
    expect(bob.rtp.slice(before).map(({ payload }) => payload[0])).toEqual(
      Array<number>(10).fill(0x55),
    );
    // one stream: no number is missing, and time goes on with the clock (RFC 3550 §5.1)
    const steps = bob.rtp.slice(1).map((packet, index) => ({
      sequence: (packet.sequence - (bob.rtp[index]?.sequence ?? 0)) & 0xffff,
      late:
        packet.timestamp - (bob.rtp[0]?.timestamp ?? 0) - (packet.at - (bob.rtp[0]?.at ?? 0)) * 8,
    }));
    expect(new Set(steps.map(({ sequence }) => sequence))).toEqual(new Set([1]));
    expect(new Set(bob.rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
    for (const { late } of steps) expect(Math.abs(late | 0)).toBeLessThanOrEqual(320);
  });

  it('is heard from either side, by an old hold as well, and across a refresh of who is held', async () => {
    const { simulation, alice, bob, relay, ports } = await stage();
    await pass(relay.a, relay.b, alice.describe('0'), bob.describe('0'));
    await ports();
    const old = bob.describe('0').replace(/c=IN IP4 \S+/, 'c=IN IP4 0.0.0.0');
    const held = await pass(relay.b, relay.a, old, alice.describe('0', 'a=recvonly'));
    expect(held.forwarded).toContain('a=sendonly');
    await simulation.run(1000);
    expect(heardOf(alice, 0, 1000)).toBeGreaterThan(0.99);
    const first = alice.rtp.length;
    const refreshed = await pass(
      relay.a,
      relay.b,
      alice.describe('0'),
      bob.describe('0', 'a=inactive'),
    );
    expect(refreshed.answered).toContain('a=sendonly');
    await simulation.run(1000);
    expect(alice.rtp.length - first).toBeGreaterThanOrEqual(49);
    expect(heardOf(alice, first, 1000)).toBeGreaterThan(0.99);
    // an offer of our own to who is held says the same, and nothing is heard of who is held by both
    expect(await relay.a.createOffer()).toContain('a=sendonly');
    await relay.a.acceptAnswer(alice.describe('0', 'a=inactive'));
    const last = alice.rtp.length;
    await simulation.run(200);
    expect(alice.rtp.length - last).toBe(0);
  });

  it('is made in the codec of who is held, and digits of who holds are told as not passed', async () => {
    const { simulation, alice, relay, ports, told } = await stage();
    const phone = engineOn(
      simulation,
      { name: 'phone', address: '10.0.3.1' },
      { codecs: ['opus'] },
    );
    engines.push(phone);
    const { endpoint } = await listening(phone);
    const lines = ['a=rtpmap:96 opus/48000/2', ...EVENTS];
    const answering = relay.a.acceptOffer(alice.describe('96 101', ...lines));
    await relay.b.acceptAnswer(await endpoint.acceptOffer(await relay.b.createOffer()));
    await answering;
    const again = relay.a.acceptOffer(alice.describe('96 101', ...lines, 'a=sendonly'));
    await relay.b.acceptAnswer(await endpoint.acceptOffer(await relay.b.createOffer()));
    await again;
    await simulation.run(500);
    const reader = endpoint.audioIn({ sampleRate: 8000 }).getReader();
    const samples: number[] = [];
    const reading = (async () => {
      for (let frame = 0; frame < 50; frame++)
        samples.push(...((await reader.read()).value?.samples ?? []));
    })();
    await simulation.run(1100);
    await reading;
    expect(toneShare(Int16Array.from(samples), 8000, 1000)).toBeGreaterThan(0.95);
    const at = await ports();
    alice.send(at.a, { payloadType: 101, sequence: 1, marker: true }, [5, 138, 3, 32]);
    await simulation.run(50);
    expect(told.filter(({ type }) => type === 'digit')).toMatchObject([
      { digit: '5', passed: false },
    ]);
  });

  it('is not heard where who calls has never listened, nor where there is none', async () => {
    const paging = await stage();
    const offer = paging.alice.describe('0', 'a=sendonly');
    await pass(paging.relay.a, paging.relay.b, offer, paging.bob.describe('0', 'a=recvonly'));
    await paging.simulation.run(500);
    expect(paging.bob.rtp).toHaveLength(0);
    const plain = await stage({});
    const { relay, alice, bob } = plain;
    await pass(relay.a, relay.b, alice.describe('0'), bob.describe('0'));
    const inactive = alice.describe('0', 'a=inactive');
    const held = await pass(relay.a, relay.b, inactive, bob.describe('0', 'a=inactive'));
    expect(held.forwarded).toContain('a=inactive');
    await plain.simulation.run(500);
    expect(bob.rtp).toHaveLength(0);
  });

  it('that cannot be read leaves what passes, and an end of a relay plays what it is asked to', async () => {
    const { simulation, alice, bob, relay, ports } = await stage({
      holdMusic: { type: 'file', path: '/nowhere/music.wav' },
    });
    await pass(relay.a, relay.b, alice.describe('0'), bob.describe('0'));
    const at = await ports();
    const playback = relay.b.play({ type: 'tone', frequencyHz: 440 }, { durationMs: 200 });
    await simulation.run(500);
    expect(await playback.finished).toEqual({ playedMs: 200, stopped: false });
    expect(heardOf(bob, 0, 440)).toBeGreaterThan(0.99);
    const sendonly = alice.describe('0', 'a=sendonly');
    await pass(relay.a, relay.b, sendonly, bob.describe('0', 'a=recvonly'));
    await simulation.run(100);
    const before = bob.rtp.length;
    alice.send(at.a, { sequence: 1, timestamp: 160 }, [1, 2, 3]);
    await simulation.run(50);
    expect(bob.rtp.slice(before).map(({ payload }) => payload)).toEqual([[1, 2, 3]]);
  });
});
