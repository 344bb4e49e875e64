import { type DatagramIo, seededRandom } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import {
  createMediaEngine,
  type MediaEndpoint,
  type MediaEndpointEvent,
  type RtpHeader,
} from '../src/index.ts';
import { mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const FORMATS = ['0 8 101', 'a=rtpmap:101 telephone-event/8000'] as const;
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

/** A relay between two phones on simulated sockets, which forward by themselves or do not. */
async function stage(forwards: boolean) {
  const simulation = mediaSimulation();
  const { runtime } = simulation.network.host(PBX.name, { address: PBX.address });
  const { datagrams, count } = watched(runtime.datagrams, forwards);
  const engine = createMediaEngine({
    address: PBX.address,
    ports: { from: 10_000, to: 10_099 },
    relay: { holdMusic: { type: 'tone', frequencyHz: 1000 } },
    runtime: { ...runtime, datagrams },
  });
  const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
  const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1', port: 6000 });
  const told: unknown[] = [];
  const onEvent = (end: string, event: MediaEndpointEvent): unknown =>
    told.push([simulation.clock.now(), end, event]);
  const relay = await engine.openRelay({ label: 'call', onEvent, quality: 'seconds' });
  const agree = async (direction = 'sendrecv'): Promise<void> => {
    const answer = relay.a.acceptOffer(near.describe(...FORMATS, `a=${direction}`));
    await relay.b.createOffer();
    const answered = direction === 'sendonly' ? 'recvonly' : direction;
    await relay.b.acceptAnswer(far.describe(...FORMATS, `a=${answered}`));
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
  private readonly say: (head: Partial<RtpHeader>, payload?: number[]) => void;
  private readonly chance: () => number;
  private head = { ssrc: 1, sequence: 65_000, timestamp: 4_294_000_000, payloadType: 0 };
  private silentFor = 0;
  private pressed: { timestamp: number; packets: number } | undefined;
  private late: (() => void) | undefined;

  constructor(say: (head: Partial<RtpHeader>, payload?: number[]) => void, chance: () => number) {
    this.say = say;
    this.chance = chance;
  }

  tick(): void {
    const { head, chance } = this;
    const what = chance();
    head.sequence = (head.sequence + 1) & 0xffff;
    head.timestamp = (head.timestamp + 160) >>> 0;
    if (what < 0.002) head.sequence = (head.sequence + 120) & 0xffff;
    else if (what < 0.003) head.sequence = (head.sequence + 20_000) & 0xffff;
    else if (what < 0.005) this.head = { ...head, ssrc: head.ssrc + 1, sequence: 7 };
    else if (what < 0.008) this.silentFor = Math.floor(chance() * 60);
    else if (what < 0.012) this.pressed = { timestamp: head.timestamp, packets: 0 };
    else if (what < 0.016) head.payloadType = 8 - head.payloadType;
    if (this.silentFor > 0) return void this.silentFor--;
    if (this.pressed !== undefined) return this.press(this.pressed);
    const now = { ...this.head, marker: what > 0.99 };
    const send = (): void => this.say(now);
    const fate = chance();
    if (fate < 0.03) return; // lost
    if (fate < 0.05) return void (this.late = send);
    send();
    if (fate < 0.07) send(); // twice
    this.late?.();
    this.late = undefined;
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

/** Two minutes of a call in which much happens, and all that can be known of it. */
async function live(seed: number, forwards: boolean) {
  const call = await stage(forwards);
  const random = seededRandom(seed);
  const chance = (): number => random.float();
  const talkers = [
    new Talker((head, payload) => call.near.send(call.ports.a, head, payload), chance),
    new Talker(
      (head, payload) =>
        call.far.send(call.ports.b, { ...head, ssrc: (head.ssrc ?? 0) + 100 }, payload),
      chance,
    ),
  ];
  const looks: unknown[] = [];
  for (let step = 0; step < 6000; step++) {
    for (const talker of talkers) talker.tick();
    await call.simulation.run(20);
    if (chance() < 0.004) await disturb(call, chance, looks);
  }
  await call.simulation.run(30_000); // long enough for a time-out
  looks.push(await call.relay.a.close(), await call.relay.b.close());
  await call.engine.close();
  const heard = [call.near.rtp, call.far.rtp, call.near.rtcp, call.far.rtcp];
  return { known: { heard, told: call.told, looks }, seen: call.count.seen };
}

async function recordAWhile({ simulation }: Stage, end: MediaEndpoint, looks: unknown[]) {
  const stream = new WritableStream<Uint8Array>({ write: (bytes) => void looks.push([...bytes]) });
  const recording = await end.record({ type: 'stream', stream });
  await simulation.run(200); // nobody speaks meanwhile
  looks.push(await recording.stop());
}

async function disturb(call: Stage, chance: () => number, looks: unknown[]) {
  const { relay, agree } = call;
  const end = chance() < 0.5 ? relay.a : relay.b;
  const what = chance();
  if (what < 0.3) looks.push(await end.stats());
  else if (what < 0.5) await end.mute(chance() < 0.3);
  else if (what < 0.6) await recordAWhile(call, end, looks);
  else if (what < 0.75) void end.sendDigits('12', { via: 'rtp' }).catch(() => {});
  else if (what < 0.85) await agree(chance() < 0.4 ? 'sendonly' : 'sendrecv');
  else await agree();
}

describe('packets that go on by themselves', () => {
  it.each([1, 2, 3, 4])('change nothing that anybody can know: %i', async (seed) => {
    const [by, past] = [await live(seed, false), await live(seed, true)];
    expect(past.known).toEqual(by.known);
    expect(past.seen).toBeLessThan(by.seen * 0.8);
  });

  it('are nearly all of an undisturbed stream', async () => {
    const call = await stage(true);
    for (let at = 0; at < 1000; at++) {
      call.near.send(call.ports.a, { payloadType: 8, sequence: at, timestamp: at * 160 });
      await call.simulation.run(20);
    }
    expect(call.far.rtp).toHaveLength(1000);
    expect(call.count.seen).toBeLessThan(20);
    expect(await call.relay.a.stats()).toMatchObject({ packetsReceived: 1000, packetsLost: 0 });
    expect(await call.relay.b.stats()).toMatchObject({ packetsSent: 1000, bytesSent: 160_000 });
    await call.engine.close();
  });
});
