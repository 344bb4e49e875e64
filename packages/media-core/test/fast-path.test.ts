import { type DatagramIo, type Endpoint, seededRandom } from '@strowger/runtime';
import type { Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import {
  createMediaEngine,
  type MediaEngineOptions,
  type MediaEndpoint,
  type MediaEndpointEvent,
  type Playback,
  type Recording,
  type RtpHeader,
} from '../src/index.ts';
import { mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const FORMATS = ['0 8 9 101', 'a=rtpmap:101 telephone-event/8000'] as const;
const VOICES = [0, 8, 9] as const;
const EVENT = 101;

/** The same sockets, with or without `forward`; `seen` counts what came to the program. */
function watched(io: DatagramIo, forwards: boolean) {
  const count = { seen: 0 };
  const datagrams: DatagramIo = {
    async open(options) {
      const socket = await io.open({
        ...options,
        onPacket(packet, from) {
          count.seen++;
          options.onPacket(packet, from);
        },
      });
      if (forwards) return socket;
      const { local } = socket;
      return { local, send: (...sent) => socket.send(...sent), close: () => socket.close() };
    },
  };
  return { datagrams, count };
}

/** A phone at two ports, whose description names the first. */
async function phoneOn(simulation: Simulation, name: string, address: string) {
  const { runtime } = simulation.network.host(name, { address });
  const first = await RawPhone.at(runtime, { address, port: 4000 });
  return { first, second: await RawPhone.at(runtime, { address, port: 6000 }) };
}

/** A relay between two phones on simulated sockets, which forward by themselves or do not. */
async function stage(forwards: boolean, options: Partial<MediaEngineOptions> = {}) {
  const simulation = mediaSimulation();
  const { runtime } = simulation.network.host(PBX.name, { address: PBX.address });
  const { datagrams, count } = watched(runtime.datagrams, forwards);
  const engine = createMediaEngine({
    address: PBX.address,
    ports: { from: 10_000, to: 10_099 },
    relay: { holdMusic: { type: 'tone', frequencyHz: 1000 } },
    runtime: { ...runtime, datagrams },
    ...options,
  });
  const near = await phoneOn(simulation, 'near', '10.0.1.1');
  const far = await phoneOn(simulation, 'far', '10.0.2.1');
  const told: unknown[] = [];
  const onEvent = (end: string, event: MediaEndpointEvent): unknown =>
    told.push([simulation.clock.now(), end, event]);
  const relay = await engine.openRelay({ label: 'call', onEvent, quality: 'seconds' });
  const agree = async (direction = 'sendrecv'): Promise<void> => {
    const answer = relay.a.acceptOffer(near.first.describe(...FORMATS, `a=${direction}`));
    await relay.b.createOffer();
    const answered = direction === 'sendonly' ? 'recvonly' : direction;
    await relay.b.acceptAnswer(far.first.describe(...FORMATS, `a=${answered}`));
    await answer;
  };
  await agree();
  const place = async (end: MediaEndpoint) => (await end.stats()).local ?? { address: '', port: 0 };
  const ports = { a: await place(relay.a), b: await place(relay.b) };
  return { simulation, engine, near, far, relay, told, agree, ports, count };
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** A stream as a phone sends it, with all that can happen to one. */
class Talker {
  private readonly ports: readonly RawPhone[];
  private readonly to: Endpoint;
  private readonly chance: () => number;
  private head = { ssrc: 1, sequence: 65_000, timestamp: 4_294_000_000, payloadType: 0 };
  private port = 0;
  private jump = 5000;
  private silentFor = 0;
  private pressed: { timestamp: number; packets: number } | undefined;
  private late: (() => void) | undefined;

  constructor(
    phone: Stage['near'],
    to: Endpoint,
    { chance, ssrc }: { chance(): number; ssrc: number },
  ) {
    this.ports = [phone.first, phone.second];
    this.to = to;
    this.chance = chance;
    this.head.ssrc = ssrc;
  }

  tick(): void {
    const { head, chance } = this;
    head.sequence = (head.sequence + 1) & 0xffff;
    head.timestamp = (head.timestamp + 160) >>> 0;
    this.befall(chance());
    if (this.silentFor > 0) return void this.silentFor--;
    if (this.pressed !== undefined) return this.press(this.pressed);
    const now = { ...this.head, marker: chance() < 0.01 };
    const send = (): void => this.say(now);
    const fate = chance();
    if (fate < 0.03) return; // lost
    if (fate < 0.05) return void (this.late = send);
    send();
    if (fate < 0.07) send(); // twice
    this.late?.();
    this.late = undefined;
  }

  private befall(what: number): void {
    const { head, chance } = this;
    if (what < 0.002) head.sequence = (head.sequence + 120) & 0xffff;
    else if (what < 0.005) this.beginAnew();
    else if (what < 0.007) head.ssrc += 2;
    else if (what < 0.009) head.timestamp = (head.timestamp + 24_000) >>> 0;
    else if (what < 0.01)
      head.ssrc = this.ports[0]?.rtp.at(-1)?.ssrc ?? 0; // the relay's own
    else if (what < 0.012) this.silentFor = Math.floor(chance() * 60);
    else if (what < 0.013) this.move();
    else if (what < 0.017) this.pressed = { timestamp: head.timestamp, packets: 0 };
    else if (what < 0.021) head.payloadType = VOICES[Math.floor(chance() * 3)] ?? 0;
    else if (what < 0.023) this.intrude();
  }

  /** Back and forth: to where it has been, too. */
  private beginAnew(): void {
    this.head.sequence = (this.head.sequence + this.jump) & 0xffff;
    this.jump = -this.jump;
  }

  /** A NAT forgot it: after a silence it comes from another port (RFC 4961). */
  private move(): void {
    this.silentFor = 200;
    this.port = 1 - this.port;
    this.head.ssrc += 2;
  }

  /** Another program of the same host, while we speak. */
  private intrude(): void {
    for (let sequence = 0; sequence < 5; sequence++) {
      this.ports[1 - this.port]?.send(this.to, { ssrc: 99, sequence, payloadType: 0 });
    }
  }

  private say(head: Partial<RtpHeader>, payload?: number[]): void {
    this.ports[this.port]?.send(this.to, head, payload);
  }

  private press(event: { timestamp: number; packets: number }): void {
    const { packets, timestamp } = event;
    const end = packets >= 5 ? 0x80 : 0;
    const duration = Math.min(packets + 1, 6) * 160;
    const payload = [5, end | 10, duration >> 8, duration & 0xff];
    this.say({ ...this.head, payloadType: EVENT, timestamp, marker: packets === 0 }, payload);
    event.packets++;
    if (event.packets === 8) this.pressed = undefined;
  }
}

/** What those who use a relay do meanwhile, and what they get to know. */
class Disturber {
  readonly looks: unknown[] = [];
  private readonly call: Stage;
  private readonly chance: () => number;
  private recording: Recording | undefined;
  private playback: Playback | undefined;

  constructor(call: Stage, chance: () => number) {
    this.call = call;
    this.chance = chance;
  }

  async tick(): Promise<void> {
    const { call, chance, looks } = this;
    const what = chance();
    const end = chance() < 0.5 ? call.relay.a : call.relay.b;
    if (what < 0.001) looks.push(await end.stats());
    else if (what < 0.002) await end.mute(chance() < 0.3);
    else if (what < 0.003) await this.record(end);
    else if (what < 0.004) this.play(end);
    else if (what < 0.005) void end.sendDigits('12', { via: 'rtp' }).catch(() => {});
    else if (what < 0.006) void end.sendDigits('5', { via: 'rtp', once: true }).catch(() => {});
    else if (what < 0.007) await call.agree(chance() < 0.5 ? 'sendonly' : 'sendrecv');
    else if (what < 0.008) await call.agree();
  }

  async close(): Promise<void> {
    if (this.recording !== undefined) this.looks.push(await this.recording.stop());
    this.playback?.stop();
  }

  /** From one time that it is asked to the next. */
  private async record(end: MediaEndpoint): Promise<void> {
    const { looks, recording } = this;
    this.recording = undefined;
    if (recording !== undefined) return void looks.push(await recording.stop());
    const stream = new WritableStream<Uint8Array>({
      write: (bytes) => void looks.push([...bytes]),
    });
    this.recording = await end.record({ type: 'stream', stream });
  }

  private play(end: MediaEndpoint): void {
    const { playback } = this;
    this.playback = undefined;
    if (playback !== undefined) return playback.stop();
    this.playback = end.play({ type: 'tone', frequencyHz: 600 });
  }
}

/** Two minutes of a call in which much happens, and all that can be known of it. */
async function live(seed: number, forwards: boolean) {
  const call = await stage(forwards);
  const { relay, near, far, ports, simulation } = call;
  const random = seededRandom(seed);
  const chance = (): number => random.float();
  const talkers = [
    new Talker(near, ports.a, { chance, ssrc: 1 }),
    new Talker(far, ports.b, { chance, ssrc: 1000 }),
  ];
  const disturber = new Disturber(call, chance);
  const { looks } = disturber;
  const talk = async (steps: number): Promise<void> => {
    for (let step = 0; step < steps; step++) {
      talkers[0]?.tick();
      await simulation.run(7);
      if (steps > 100) await disturber.tick();
      talkers[1]?.tick();
      await simulation.run(13);
    }
  };
  await talk(6000);
  await disturber.close();
  await simulation.run(30_000); // long enough for a time-out
  await talk(100);
  looks.push(await relay.a.close());
  await talk(100);
  looks.push(await relay.b.close());
  await call.engine.close();
  const phones = [near.first, near.second, far.first, far.second];
  const heard = phones.map(({ rtp, rtcp }) => ({ rtp, rtcp }));
  return { known: { heard, told: call.told, looks }, seen: call.count.seen };
}

describe('packets that go on by themselves', () => {
  it.each([1, 2, 3, 4])('change nothing that anybody can know: %i', async (seed) => {
    const [by, past] = [await live(seed, false), await live(seed, true)];
    expect(past.known).toEqual(by.known);
    expect(past.seen).toBeLessThan(by.seen);
  });

  it('are nearly all of an undisturbed stream', async () => {
    const call = await stage(true);
    const { simulation, near, far, ports } = call;
    for (let at = 0; at < 1000; at++) {
      near.first.send(ports.a, { payloadType: 8, sequence: at, timestamp: at * 160 });
      if (at === 0) far.first.send(ports.b, { payloadType: 8, ssrc: 2 });
      await simulation.run(20);
    }
    expect(far.first.rtp).toHaveLength(1000);
    expect(call.count.seen).toBeLessThan(20);
    expect(await call.relay.a.stats()).toMatchObject({ packetsReceived: 1000, packetsLost: 0 });
    expect(await call.relay.b.stats()).toMatchObject({ packetsSent: 1000, bytesSent: 160_000 });
    await call.engine.close();
  });

  it('are none while their peer has never shown itself: it may be a victim', async () => {
    const call = await stage(true);
    const { simulation, near, far, ports } = call;
    for (let at = 0; at < 2000; at++) {
      near.first.send(ports.a, { payloadType: 8, sequence: at, timestamp: at * 160 });
      await simulation.run(20);
    }
    expect(call.count.seen).toBeGreaterThanOrEqual(2000);
    expect(far.first.rtp.length).toBeLessThanOrEqual(1500); // 30 seconds
    await call.engine.close();
  });

  it('break a silence that is shorter than what their counts are looked at', async () => {
    const call = await stage(true, { timeoutMs: 400 });
    const { simulation, near, far, ports } = call;
    for (let at = 0; at < 200; at++) {
      near.first.send(ports.a, { payloadType: 8, sequence: at, timestamp: at * 160 });
      far.first.send(ports.b, { payloadType: 8, sequence: at, timestamp: at * 160, ssrc: 2 });
      await simulation.run(20);
    }
    expect(call.count.seen).toBeLessThan(40);
    expect(JSON.stringify(call.told)).not.toContain('timeout');
    await call.engine.close();
  });

  it('are copied for a recording server, as they came and as they went', async () => {
    const call = await stage(true);
    const { simulation, near, far, relay, ports } = call;
    const { runtime } = simulation.network.host('srs', { address: '10.0.3.1' });
    const recorder = await RawPhone.at(runtime, { address: '10.0.3.1', port: 7000 });
    const talk = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at++) {
        near.first.send(ports.a, { payloadType: 8, sequence: at, timestamp: at * 160 }, [at]);
        far.first.send(ports.b, { payloadType: 8, sequence: at, timestamp: at * 160, ssrc: 2 });
        await simulation.run(20);
      }
    };
    await talk(0, 50);
    const feed = await call.engine.openRecordingFeed({
      label: 'call',
      streams: [{ label: 'heard', of: relay.b, flow: 'sent' }],
      onEvent: () => {},
    });
    await feed.createOffer();
    await feed.acceptAnswer(recorder.describe('8', 'a=recvonly'));
    await talk(50, 100);
    expect(recorder.rtp.map(({ payload }) => payload[0])).toEqual(
      Array.from({ length: 50 }, (_, at) => at + 50),
    );
    await call.engine.close();
  });
});
