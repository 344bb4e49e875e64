import type { Endpoint } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { readRtcp } from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const ALICE = { name: 'alice', address: '10.0.0.1' };
const BOB = { name: 'bob', address: '10.0.0.2' };
const EVENTS = ['a=rtpmap:96 telephone-event/8000', 'a=fmtp:96 0-15'];

async function story(options = {}) {
  const simulation = mediaSimulation(options);
  const engine = engineOn(simulation, ALICE);
  const phone = await RawPhone.on(simulation, BOB);
  const { endpoint, events } = await listening(engine);
  const local = async () => (await endpoint.stats()).local ?? { address: '', port: 0 };
  return { simulation, engine, phone, endpoint, events, local };
}

describe('what an endpoint sends, in virtual time', () => {
  it('is a packet every 20 ms for ten minutes, to the millisecond and the sample', async () => {
    const { simulation, engine, phone, endpoint, local } = await story();
    await endpoint.acceptOffer(phone.describe('0'));
    phone.send(await local(), { sequence: 1 }); // who is never heard is given up
    await simulation.run(600_000);
    expect(phone.rtp).toHaveLength(30_000);
    const [first] = phone.rtp;
    const isExact = phone.rtp.every(
      ({ at, timestamp, sequence, marker }, index) =>
        at === (first?.at ?? 0) + 20 * index &&
        timestamp === ((first?.timestamp ?? 0) + 160 * index) % 2 ** 32 &&
        sequence === ((first?.sequence ?? 0) + index) % 2 ** 16 &&
        marker === (index === 0),
    );
    expect(isExact).toBe(true);
    await engine.close();
    await simulation.run(100);
    simulation.assertQuiet();
  });

  it('has the packet time that the other side asks for', async () => {
    const { simulation, engine, phone, endpoint } = await story();
    await endpoint.acceptOffer(phone.describe('8', 'a=ptime:30'));
    await simulation.run(3000);
    expect(phone.rtp.slice(1, 4).map(({ at }, index) => at - (phone.rtp[index]?.at ?? 0))).toEqual([
      30, 30, 30,
    ]);
    expect(phone.rtp[0]?.payload).toHaveLength(240);
    await engine.close();
  });

  it('goes nowhere before an answer, while on hold, and to an address of zeros', async () => {
    const { simulation, engine, phone, endpoint } = await story();
    await endpoint.createOffer();
    await simulation.run(1000);
    expect(phone.rtp).toEqual([]);
    await endpoint.acceptAnswer(phone.describe('0', 'a=sendonly'));
    await simulation.run(1000);
    expect(phone.rtp).toEqual([]);
    await endpoint.acceptOffer(phone.describe('0'));
    await simulation.run(1000);
    const count = phone.rtp.length;
    expect(count).toBeGreaterThan(45);
    await endpoint.acceptOffer(
      phone.describe('0').replace('c=IN IP4 10.0.0.2', 'c=IN IP4 0.0.0.0'),
    );
    await simulation.run(1000);
    expect(phone.rtp.length).toBeLessThanOrEqual(count + 1);
    await engine.close();
  });

  it('puts digits into the stream under the number of the other side', async () => {
    const { simulation, engine, phone, endpoint } = await story();
    await endpoint.acceptOffer(phone.describe('0 96', ...EVENTS));
    await simulation.run(200);
    const sent = endpoint.sendDigits('7', { durationMs: 100, gapMs: 60 });
    await simulation.run(400);
    await sent;
    const digits = phone.rtp.filter(({ payloadType }) => payloadType === 96);
    expect(digits.map(({ payload }) => payload)).toEqual([
      [7, 10, 0, 160],
      [7, 10, 1, 64],
      [7, 10, 1, 224],
      [7, 10, 2, 128],
      [7, 0x8a, 3, 32],
      [7, 0x8a, 3, 32],
      [7, 0x8a, 3, 32],
    ]);
    expect(new Set(digits.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(digits.map(({ marker }) => marker)).toEqual([true, ...Array(6).fill(false)]);
    const sequences = phone.rtp.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, at) => ((sequences[0] ?? 0) + at) % 2 ** 16));
    await engine.close();
  });

  it('reports on itself and on what it hears, and says BYE', async () => {
    const { simulation, engine, phone, endpoint, local } = await story({ latencyMs: 30 });
    await endpoint.acceptOffer(phone.describe('0'));
    const to = await local();
    for (let at = 0; at < 1000; at++) {
      if (at % 10 !== 0) phone.send(to, { sequence: at, timestamp: at * 160, ssrc: 99 });
      await simulation.run(20);
    }
    await simulation.run(20);
    const stats = await endpoint.close();
    await simulation.run(100);
    const reports = phone.rtcp.map(({ bytes }) => readRtcp(bytes) ?? []);
    expect(reports.length).toBeGreaterThan(4);
    expect(reports.length).toBeLessThan(10);
    const [last] = reports.at(-2) ?? [];
    expect(last).toMatchObject({ type: 'sender', reports: [{ ssrc: 99, jitter: 0 }] });
    if (last?.type !== 'sender') throw new Error('no sender report');
    expect(last.reports[0]?.fractionLost).toBeGreaterThan(20);
    expect(last.info.octets).toBe(last.info.packets * 160);
    expect(reports.at(-1)?.at(-1)).toEqual({ type: 'bye', ssrcs: [phone.rtp[0]?.ssrc] });
    expect(stats).toMatchObject({ packetsReceived: 900, packetsLost: 99, packetsDiscarded: 0 });
    await engine.close();
  });
});

describe('M08: a peer that is never heard', () => {
  it.each(['sendrecv', 'recvonly'])('gets no more than 30 s of media: %s', async (direction) => {
    const { simulation, engine, phone, endpoint, local } = await story();
    await endpoint.acceptOffer(phone.describe('0', `a=${direction}`));
    await simulation.run(60_000);
    expect(phone.rtp.length).toBe(1500);
    phone.sendControl(await local().then(control), [0x80, 201, 0, 1, 0, 0, 0, 9]); // it lives
    await simulation.run(60_000);
    expect(phone.rtp.length).toBeGreaterThan(4400);
    await engine.close();
  });

  it('is another one where its address has changed', async () => {
    const { simulation, engine, phone, endpoint, local } = await story();
    const victim = await RawPhone.on(simulation, { name: 'victim', address: '10.0.0.9' });
    await endpoint.acceptOffer(phone.describe('0'));
    phone.send(await local(), { sequence: 1 });
    await simulation.run(60_000);
    expect(phone.rtp.length).toBeGreaterThan(2900);
    await endpoint.acceptOffer(victim.describe('0', 'a=recvonly'));
    await simulation.run(60_000);
    expect(victim.rtp.length).toBeLessThanOrEqual(1501);
    await engine.close();
  });
});

const control = ({ address, port }: Endpoint): Endpoint => ({ address, port: port + 1 });

describe('what an endpoint takes', () => {
  it('is told once per silence, and not while nothing may come', async () => {
    const { simulation, engine, phone, endpoint, events, local } = await story();
    await endpoint.acceptOffer(phone.describe('0'));
    await simulation.run(70_000);
    expect(events).toEqual([{ type: 'timeout', silentMs: 30_000, initial: true }]);
    phone.send(await local(), { sequence: 1 });
    await simulation.run(31_000);
    expect(events.map(({ type }) => type)).toEqual(['timeout', 'started', 'timeout']);
    await endpoint.acceptOffer(phone.describe('0', 'a=inactive'));
    await simulation.run(100_000);
    expect(events).toHaveLength(3);
    await engine.close();
  });

  it('never comes from a stranger, and nothing goes to one (M01)', async () => {
    const { simulation, engine, phone, endpoint, events, local } = await story();
    const mallory = await RawPhone.on(simulation, { name: 'mallory', address: '203.0.113.66' });
    await endpoint.createOffer();
    const to = await local();
    const spray = async (sequence: number): Promise<void> => {
      for (let at = 0; at < 200; at++) mallory.send(to, { sequence: sequence + at, ssrc: 99 });
      await simulation.run(100);
    };
    endpoint.echo(true);
    await spray(0);
    await endpoint.acceptAnswer(phone.describe('0'));
    await spray(200);
    phone.send(to, { sequence: 1, ssrc: 99 });
    await simulation.run(20);
    await spray(400);
    await simulation.run(1000);
    expect(mallory.rtp).toEqual([]);
    expect(events).toEqual([{ type: 'started', remote: { address: '10.0.0.2', port: 4000 } }]);
    expect(await endpoint.stats()).toMatchObject({ packetsReceived: 1 });
    await engine.close();
    await simulation.run(100);
    expect(mallory.rtcp).toEqual([]);
  });

  it('is nothing that a peer could break it with (M09)', async () => {
    const { simulation, engine, phone, endpoint, local } = await story();
    await endpoint.acceptOffer(phone.describe('0 96', ...EVENTS));
    const to = await local();
    phone.send(to, { sequence: 1 });
    for (const payload of [[], [1], Array(9000).fill(7)]) {
      for (const payloadType of [0, 3, 96, 127])
        phone.send(to, { sequence: 2, payloadType }, payload);
    }
    await simulation.run(1000);
    expect((await endpoint.stats()).unwanted).toBe(6);
    await engine.close();
  });

  it('hears all digits of a bad network once, over lossy, doubling and reordering links', async () => {
    const simulation = mediaSimulation({
      seed: 7,
      latencyMs: 20,
      loss: 0.1,
      duplicate: 0.05,
      reorder: 0.05,
    });
    const [one, two] = [engineOn(simulation, ALICE), engineOn(simulation, BOB)];
    const [caller, callee] = [await listening(one), await listening(two)];
    const answer = await callee.endpoint.acceptOffer(await caller.endpoint.createOffer());
    await caller.endpoint.acceptAnswer(answer);
    await simulation.run(500);
    const sent = caller.endpoint.sendDigits('0123456789*#ABCD');
    await simulation.run(6000);
    await sent;
    const digits = callee.events.flatMap((event) => (event.type === 'digit' ? [event.digit] : []));
    expect(digits.join('')).toBe('0123456789*#ABCD');
    const { quality } = await callee.endpoint.stats();
    // of a tenth; not packetsLost, which doubles make up for (RFC 3550 §6.4.1)
    expect(quality?.lossRate).toBeGreaterThan(0.07);
    await Promise.all([one.close(), two.close()]);
    await simulation.run(100);
    simulation.assertQuiet();
  });
});
