import type { DatagramOptions, DatagramSocket } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import {
  createMediaEngine,
  emptyRtpHeader,
  type MediaEndpoint,
  type MediaEndpointEvent,
  readRtcp,
  writeRtcp,
  writeRtpHeader,
} from '../src/index.ts';
import { engineOn, mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const EVENTS_A = ['a=rtpmap:101 telephone-event/8000'];
const EVENTS_B = ['a=rtpmap:96 telephone-event/8000'];

async function story() {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, PBX);
  const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
  const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1', port: 6000 });
  const told: [end: string, event: MediaEndpointEvent][] = [];
  const onEvent = (end: string, event: MediaEndpointEvent): unknown => told.push([end, event]);
  const relay = await engine.openRelay({ label: 'call', onEvent });
  return { simulation, engine, near, far, relay, told };
}

/** Where both ends are, once they have something to say. */
async function portsOf({ a, b }: { a: MediaEndpoint; b: MediaEndpoint }) {
  const nowhere = { address: '', port: 0 };
  return { a: (await a.stats()).local ?? nowhere, b: (await b.stats()).local ?? nowhere };
}

/** An offer passes from one end to the other and its answer back. */
async function pass(from: MediaEndpoint, to: MediaEndpoint, offer: string, answer: string) {
  const answering = from.acceptOffer(offer);
  const forwarded = await to.createOffer();
  await to.acceptAnswer(answer);
  return { forwarded, answered: await answering };
}

describe('a relay', () => {
  it('passes packets both ways as its own stream, each side under its own numbers', async () => {
    const { simulation, engine, near, far, relay, told } = await story();
    const offer = near.describe('8 101', ...EVENTS_A);
    await pass(relay.a, relay.b, offer, far.describe('8 96', ...EVENTS_B));
    const ports = await portsOf(relay);
    for (let at = 0; at < 10; at++) {
      near.send(ports.a, { payloadType: 8, sequence: 65_530 + at, timestamp: at * 160 }, [at]);
      far.send(ports.b, { payloadType: 8, sequence: 7 * at, timestamp: at * 160, ssrc: 2 }, [-at]);
    }
    near.send(
      ports.a,
      { payloadType: 101, sequence: 4, timestamp: 1600, marker: true },
      [5, 138, 1, 64],
    );
    await simulation.run(50);
    expect(far.rtp.map(({ payload }) => payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 5]);
    expect(far.rtp.at(-1)).toMatchObject({
      payloadType: 96,
      marker: true,
      payload: [5, 138, 1, 64],
    });
    const [first] = far.rtp;
    expect(new Set(far.rtp.map(({ ssrc }) => ssrc))).toEqual(new Set([first?.ssrc]));
    expect(first?.ssrc).not.toBe(1);
    expect(first?.from).toEqual(ports.b);
    const offsets = far.rtp.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0);
    expect(offsets).toEqual([0, 160, 320, 480, 640, 800, 960, 1120, 1280, 1440, 1600]);
    expect(near.rtp).toHaveLength(10);
    const gaps = near.rtp
      .slice(1)
      .map(({ sequence }, at) => (sequence - (near.rtp[at]?.sequence ?? 0)) & 0xffff);
    expect(gaps).toEqual(Array(9).fill(7));
    expect(told).toContainEqual([
      'a',
      { type: 'digit', digit: '5', durationMs: 40, source: 'rtp', passed: true },
    ]);
    await engine.close();
  });

  it('keeps its stream whole when the source begins anew', async () => {
    const { simulation, engine, near, far, relay } = await story();
    await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
    const ports = await portsOf(relay);
    const speak = async (ssrc: number, sequence: number, timestamp: number): Promise<void> => {
      for (let at = 0; at < 5; at++) {
        near.send(ports.a, { ssrc, sequence: sequence + at, timestamp: timestamp + at * 160 });
        await simulation.run(20);
      }
    };
    await speak(1, 100, 0);
    await simulation.run(1000);
    await speak(2, 50_000, 4_000_000_000);
    const [first] = far.rtp;
    expect(far.rtp.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    const jump = (far.rtp[5]?.timestamp ?? 0) - (far.rtp[4]?.timestamp ?? 0);
    expect(jump >>> 0).toBe(1020 * 8);
    await engine.close();
  });

  it('ends RTCP on each side with reports of its own', async () => {
    const { simulation, engine, near, far, relay } = await story();
    await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
    const ports = await portsOf(relay);
    for (let at = 0; at < 600; at++) {
      near.send(ports.a, { sequence: at, timestamp: at * 160, ssrc: 11 });
      await simulation.run(20);
    }
    const toFar = readRtcp(far.rtcp.at(-1)?.bytes ?? new Uint8Array())?.[0];
    expect(toFar).toMatchObject({ type: 'sender', ssrc: far.rtp[0]?.ssrc, reports: [] });
    const toNear = readRtcp(near.rtcp.at(-1)?.bytes ?? new Uint8Array())?.[0];
    expect(toNear).toMatchObject({ type: 'receiver', reports: [{ ssrc: 11, cumulativeLost: 0 }] });
    await engine.close();
  });

  it('passes hold from either side and resumes', async () => {
    const { simulation, engine, near, far, relay } = await story();
    await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
    const ports = await portsOf(relay);
    const hold = await pass(
      relay.b,
      relay.a,
      far.describe('0', 'a=sendonly'),
      near.describe('0', 'a=recvonly'),
    );
    expect(hold.forwarded).toContain('a=sendonly');
    expect(hold.answered).toContain('a=recvonly');
    near.send(ports.a, { sequence: 1 });
    far.send(ports.b, { sequence: 1 });
    await simulation.run(50);
    expect([near.rtp.length, far.rtp.length]).toEqual([1, 0]);
    await pass(relay.b, relay.a, far.describe('0'), near.describe('0'));
    near.send(ports.a, { sequence: 2 });
    await simulation.run(50);
    expect(far.rtp).toHaveLength(1);
    await engine.close();
  });

  it('offers on its own, with what was agreed, and answers a first offer that comes late', async () => {
    const { simulation, engine, near, far, relay } = await story();
    expect(await relay.b.createOffer()).toMatch(/m=audio \d+ RTP\/AVP 0 8 (\d+ )*101\r/);
    await relay.b.acceptAnswer(far.describe('8'));
    const answer = await relay.a.acceptOffer(near.describe('0 8'));
    expect(answer).toMatch(/m=audio \d+ RTP\/AVP 8\r/);
    const ports = await portsOf(relay);
    near.send(ports.a, { payloadType: 8, sequence: 1 });
    await simulation.run(50);
    expect(far.rtp).toHaveLength(1);
    await engine.close();
  });

  it('lets only the named codecs pass, and has no audio of its own', async () => {
    const simulation = mediaSimulation();
    const engine = engineOn(simulation, PBX);
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const { a } = await engine.openRelay({ label: 'call', codecs: ['pcma'], onEvent() {} });
    await expect(a.acceptOffer(near.describe('0'))).rejects.toMatchObject({
      code: 'MEDIA_NOT_ACCEPTABLE',
    });
    expect(() => a.audioIn()).toThrow(expect.objectContaining({ code: 'MEDIA_UNSUPPORTED' }));
    await engine.close();
    expect(engine.usage()).toEqual({ endpoints: 0, ports: 0 });
  });

  it('passes codecs that it does not know', async () => {
    const { simulation, engine, near, far, relay } = await story();
    const opus = ['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1'];
    const { forwarded, answered } = await pass(
      relay.a,
      relay.b,
      near.describe('111 0', ...opus),
      far.describe('111', ...opus),
    );
    const ports = await portsOf(relay);
    expect(forwarded).toContain('opus/48000/2');
    expect(answered).toMatch(/m=audio \d+ RTP\/AVP 111\r/);
    near.send(ports.a, { payloadType: 111, sequence: 1 }, [1, 2, 3]);
    await simulation.run(50);
    expect(far.rtp[0]).toMatchObject({ payloadType: 111, payload: [1, 2, 3] });
    await engine.close();
  });
});

describe('a relay among real phones', () => {
  it('passes digits at 8000 Hz beside Opus', async () => {
    const { simulation, engine, near, far, relay, told } = await story();
    const lines = ['a=rtpmap:111 opus/48000/2', ...EVENTS_A];
    const [offer, answer] = [near.describe('111 101', ...lines), far.describe('111 101', ...lines)];
    const { forwarded } = await pass(relay.a, relay.b, offer, answer);
    const ports = await portsOf(relay);
    expect(forwarded).toContain('a=rtpmap:101 telephone-event/8000');
    near.send(ports.a, { payloadType: 101, sequence: 1, marker: true }, [5, 138, 3, 32]);
    await simulation.run(50);
    expect(far.rtp).toMatchObject([{ payloadType: 101, payload: [5, 138, 3, 32] }]);
    expect(told).toContainEqual([
      'a',
      { type: 'digit', digit: '5', durationMs: 100, source: 'rtp', passed: true },
    ]);
    await engine.close();
  });

  it('drops a codec whose name cannot be handed on, and passes the rest', async () => {
    const { engine, near, far, relay } = await story();
    const odd = ['a=rtpmap:96 "odd"/8000', 'a=rtpmap:97 x+odd!/8000'];
    const offer = near.describe('96 97 0', ...odd);
    const { forwarded } = await pass(relay.a, relay.b, offer, far.describe('0'));
    expect(forwarded).toMatch(/RTP\/AVP 97 0 8 9 111\r/);
    await engine.close();
  });

  it('hears digits of a source that began anew with lower timestamps', async () => {
    const { simulation, engine, near, far, relay, told } = await story();
    const lines = ['0 101', ...EVENTS_A] as const;
    await pass(relay.a, relay.b, near.describe(...lines), far.describe(...lines));
    const ports = await portsOf(relay);
    const press = async (code: number, sequence: number, timestamp: number): Promise<void> => {
      for (let at = 0; at < 3; at++) {
        const head = { payloadType: 101, sequence: sequence + at, timestamp };
        near.send(ports.a, head, [code, 138, 3, 32]);
        await simulation.run(20);
      }
    };
    await press(1, 100, 1_000_000);
    await press(2, 30_000, 1000);
    const digits = told.flatMap(([, event]) => (event.type === 'digit' ? [event.digit] : []));
    expect(digits).toEqual(['1', '2']);
    await engine.close();
  });

  it('has no gap behind a time in which the far side took nothing', async () => {
    const { simulation, engine, near, far, relay } = await story();
    await relay.b.createOffer();
    await relay.b.acceptAnswer(far.describe('0'));
    await relay.a.acceptOffer(near.describe('0'));
    const ports = await portsOf(relay);
    let sequence = 0;
    const speak = async (packets: number): Promise<void> => {
      for (let at = 0; at < packets; at++, sequence++) {
        near.send(ports.a, { sequence, timestamp: sequence * 160 });
        await simulation.run(20);
      }
    };
    await speak(5);
    await relay.b.createOffer({ direction: 'inactive' });
    await relay.b.acceptAnswer(far.describe('0', 'a=inactive'));
    await speak(50);
    await relay.b.createOffer();
    await relay.b.acceptAnswer(far.describe('0'));
    await speak(5);
    const [first] = far.rtp;
    const steps = far.rtp.map((seen) => (seen.sequence - (first?.sequence ?? 0)) & 0xffff);
    expect(steps).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await engine.close();
  });

  it('leaves no offer waiting when an end is closed while its answer is taken', async () => {
    const { engine, near, far, relay } = await story();
    const answering = relay.a.acceptOffer(near.describe('0'));
    await relay.b.createOffer();
    const taking = relay.b.acceptAnswer(far.describe('0'));
    const closing = relay.a.close();
    await expect(taking).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await expect(answering).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await closing;
    await engine.close();
  });

  it('is not misled by packets from port 0, to which nothing can be sent', async () => {
    const simulation = mediaSimulation();
    const { runtime } = simulation.network.host(PBX.name, PBX);
    const { clock, random, logger, datagrams } = runtime;
    const sockets = new Map<number, DatagramOptions>();
    const sentTo: number[] = [];
    const open = async (options: DatagramOptions): Promise<DatagramSocket> => {
      sockets.set(options.port, options);
      const socket = await datagrams.open(options);
      const send: DatagramSocket['send'] = (_, to) => sentTo.push(to.port);
      return { local: socket.local, send, close: () => socket.close() };
    };
    const engine = engineOn(simulation, PBX, {
      runtime: { clock, random, logger, datagrams: { open } },
    });
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
    await endpoint.acceptOffer(near.describe('0'));
    const from = { address: '10.0.1.1', port: 0 };
    const { port = 0 } = (await endpoint.stats()).local ?? {};
    for (let sequence = 0; sequence < 4; sequence++) {
      const packet = new Uint8Array(172);
      writeRtpHeader(packet, { ...emptyRtpHeader(), ssrc: 1, sequence });
      sockets.get(port)?.onPacket(packet, from);
    }
    const report = writeRtcp({ ssrc: 1, cname: 'x', reports: [] });
    sockets.get(port + 1)?.onPacket(report, from);
    await simulation.run(10_000);
    expect(new Set(sentTo)).toEqual(new Set([4000, 4001]));
    await engine.close();
  });
});

describe('the ports of an engine', () => {
  it('run out with a clear error, and come back after their rest', async () => {
    const simulation = mediaSimulation();
    const engine = engineOn(simulation, PBX, { ports: { from: 10_000, to: 10_003 } });
    const open = async () => {
      const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
      await endpoint.createOffer();
      return endpoint;
    };
    const [one] = [await open(), await open()];
    await expect(open()).rejects.toMatchObject({ code: 'MEDIA_PORTS_EXHAUSTED' });
    await one.close();
    await simulation.run(5000);
    expect((await (await open()).stats()).local).toEqual((await one.stats()).local);
    await engine.close();
  });

  it('are not those that another program has', async () => {
    const simulation = mediaSimulation();
    const { runtime } = simulation.network.host(PBX.name, PBX);
    for (const port of [10_000, 10_003]) {
      await runtime.datagrams.open({ address: PBX.address, port, onPacket() {} });
    }
    const engine = createMediaEngine({
      address: PBX.address,
      ports: { from: 10_000, to: 10_005 },
      runtime,
    });
    const endpoint = await engine.openEndpoint({ label: 'x', onEvent() {} });
    expect(await endpoint.createOffer()).toContain('m=audio 10004 ');
    await engine.close();
  });
});
