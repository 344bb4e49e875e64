import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as join_ } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConferenceMemberOptions,
  type ConferenceRequest,
  levelDbm0,
  type MediaEndpoint,
  readWav,
  toneShare,
} from '../src/index.ts';
import { engineOn, listening, mediaSimulation } from './simulated.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join_(tmpdir(), 'strowger-conference-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const nothing = (): void => {};

/** A conference, and phones that each say a tone of their own into it. */
async function conference(request: Partial<ConferenceRequest> = {}) {
  const simulation = mediaSimulation();
  const server = engineOn(simulation, { name: 'server', address: '10.0.0.1' });
  const phones = engineOn(simulation, { name: 'phones', address: '10.0.0.2' });
  const room = await server.openConference({ label: 'room', ...request });
  const join = async (
    { codec = 'pcmu', says }: { codec?: string; says?: number } = {},
    options?: ConferenceMemberOptions,
  ) => {
    const member = await room.openMember({
      label: 'member',
      onEvent: nothing,
      ...(options && { member: options }),
    });
    const { endpoint: phone } = await listening(phones, [codec]);
    await phone.acceptAnswer(await member.endpoint.acceptOffer(await phone.createOffer()));
    if (says !== undefined) phone.play({ type: 'tone', frequencyHz: says, levelDbm0: -16 });
    return { member, phone };
  };
  /** What phones hear in the next second. */
  const hear = async (...listeners: MediaEndpoint[]): Promise<Int16Array[]> => {
    const readers = listeners.map((one) => one.audioIn({ sampleRate: 16_000 }).getReader());
    const heard = readers.map(() => [] as number[]);
    const reading = readers.map(async (reader, at) => {
      for (;;) {
        const { value } = await reader.read();
        if (value === undefined) return;
        heard[at]?.push(...value.samples);
      }
    });
    await simulation.run(1000);
    for (const reader of readers) await reader.cancel();
    await Promise.all(reading);
    return heard.map((samples) => Int16Array.from(samples.slice(-8000)));
  };
  const close = async (): Promise<void> => {
    await room.close();
    await server.close();
    await phones.close();
    expect(server.usage()).toEqual({ endpoints: 0, ports: 0 });
  };
  return { simulation, room, join, hear, close };
}

/** Which of these tones are in it. */
const tonesIn = (samples: Int16Array | undefined, ...frequencies: number[]): number[] =>
  frequencies.filter((hz) => samples && toneShare(samples, 16_000, hz) > 0.1);

describe('a conference', () => {
  it('lets each hear all others, and nobody itself', async () => {
    const { simulation, room, join, hear, close } = await conference();
    const [a, b, c] = [
      await join({ says: 400 }),
      await join({ says: 700 }),
      await join({ says: 1100 }),
    ];
    await simulation.run(500);
    const [byA, byB, byC] = await hear(a.phone, b.phone, c.phone);
    expect(tonesIn(byA, 400, 700, 1100)).toEqual([700, 1100]);
    expect(tonesIn(byB, 400, 700, 1100)).toEqual([400, 1100]);
    expect(tonesIn(byC, 400, 700, 1100)).toEqual([400, 700]);
    expect(levelDbm0(byA ?? new Int16Array(1))).toBeCloseTo(-13, 0); // two of -16
    const { members, sampleRate, speaking } = await room.stats();
    expect({ members, sampleRate }).toEqual({ members: 3, sampleRate: 8000 });
    expect(new Set(speaking)).toEqual(new Set([a, b, c].map(({ member }) => member.id)));
    await close();
  });

  it('mixes 8, 16 and 48 kHz at the rate that two of them have', async () => {
    const { simulation, room, join, hear, close } = await conference();
    const narrow = await join({ codec: 'pcma', says: 500 });
    const wide = await join({ codec: 'g722', says: 5000 });
    const full = await join({ codec: 'opus', says: 900 });
    await simulation.run(500);
    const [byNarrow, byWide, byFull] = await hear(narrow.phone, wide.phone, full.phone);
    expect(tonesIn(byNarrow, 500, 900)).toEqual([900]); // 5000 Hz is beyond it
    expect(tonesIn(byWide, 500, 900, 5000)).toEqual([500, 900]);
    expect(tonesIn(byFull, 500, 900, 5000)).toEqual([500, 5000]);
    expect((await room.stats()).sampleRate).toBe(16_000);
    await wide.member.endpoint.close();
    await full.member.endpoint.close();
    await simulation.run(100);
    expect(await room.stats()).toMatchObject({ members: 1, sampleRate: 8000 });
    await close();
  });

  it('knows who is muted, deaf, a listener, louder or softer', async () => {
    const { simulation, join, hear, close } = await conference();
    const a = await join({ says: 400 });
    const b = await join({ says: 700 }, { role: 'listener' });
    const c = await join({ says: 1100 });
    await simulation.run(500);
    expect(tonesIn((await hear(a.phone))[0], 400, 700, 1100)).toEqual([1100]);
    expect(tonesIn((await hear(b.phone))[0], 400, 700, 1100)).toEqual([400, 1100]);
    await c.member.change({ muted: true });
    await simulation.run(300);
    expect(tonesIn((await hear(b.phone))[0], 400, 700, 1100)).toEqual([400]);
    await c.member.change({ muted: false, gain: 0.5 });
    await a.member.change({ hears: [{ member: c.member.id, gain: 4 }] });
    await b.member.change({ deaf: true });
    await simulation.run(300);
    const [byA, byB] = await hear(a.phone, b.phone);
    expect(levelDbm0(byA ?? new Int16Array(1))).toBeCloseTo(-10, 0); // twice as loud as it is said
    expect(levelDbm0(byB ?? new Int16Array(1))).toBeLessThan(-60);
    await close();
  });

  it('lets a coach be heard by one alone', async () => {
    const { simulation, join, hear, close } = await conference();
    const agent = await join({ says: 400 });
    const customer = await join({ says: 700 });
    const coach = await join({ says: 1100 }, { whispersTo: [agent.member.id] });
    await simulation.run(500);
    const [byAgent, byCustomer, byCoach] = await hear(agent.phone, customer.phone, coach.phone);
    expect(tonesIn(byAgent, 400, 700, 1100)).toEqual([700, 1100]);
    expect(tonesIn(byCustomer, 400, 700, 1100)).toEqual([400]);
    expect(tonesIn(byCoach, 400, 700, 1100)).toEqual([400, 700]);
    await coach.member.change({ whispersTo: null });
    await simulation.run(300);
    expect(tonesIn((await hear(customer.phone))[0], 400, 1100)).toEqual([400, 1100]);
    await close();
  });

  it('lets only the loudest be heard where it was asked for', async () => {
    const { simulation, room, join, hear, close } = await conference({ loudest: 1 });
    const a = await join({ says: 400 }, { gain: 2 });
    await join({ says: 700 });
    const c = await join();
    await simulation.run(600);
    expect(tonesIn((await hear(c.phone))[0], 400, 700)).toEqual([400]);
    expect((await room.stats()).speaking[0]).toBe(a.member.id);
    await close();
  });

  it('hears who speaks behind silent listeners, and who whispers beside them', async () => {
    const { simulation, join, hear, close } = await conference({ loudest: 2 });
    const first = await join({}, { role: 'listener' });
    await join({}, { role: 'listener' });
    await join({}, { role: 'listener' });
    await join({ says: 1100 }, { whispersTo: [first.member.id], gain: 2 });
    await join({ says: 400 });
    await join({ says: 700 });
    await simulation.run(600);
    expect(tonesIn((await hear(first.phone))[0], 400, 700, 1100)).toEqual([400, 700, 1100]);
    await close();
  });

  it('says by tones who joins and leaves, and records what all say', async () => {
    const { simulation, room, join, hear, close } = await conference({ tones: true });
    const a = await join({ says: 600 });
    await simulation.run(500);
    const recording = await room.record(join_(folder, 'room.wav'));
    const b = await join({ says: 1100 });
    const [byA] = await hear(a.phone);
    await b.member.leave();
    await simulation.run(600);
    const { path, durationMs } = await recording.stop();
    expect(durationMs).toBeGreaterThan(1500);
    const { samples, sampleRate } = await readWav(path);
    expect(sampleRate).toBe(8000);
    const part = (from: number, to: number): Int16Array => samples.subarray(from * 8, to * 8);
    expect(toneShare(part(20, 180), 8000, 880)).toBeGreaterThan(0.1); // joined
    expect(toneShare(part(500, 900), 8000, 600)).toBeGreaterThan(0.4);
    expect(toneShare(part(500, 900), 8000, 1100)).toBeGreaterThan(0.4);
    expect(toneShare(part(1040, 1160), 8000, 440)).toBeGreaterThan(0.1); // left
    expect(tonesIn(byA, 1100)).toEqual([1100]);
    await close();
  });

  it('has an end: members are endpoints on their own again', async () => {
    const { simulation, room, join, hear, close } = await conference({ maximum: 2 });
    const [a, b] = [await join({ says: 400 }), await join({ says: 700 })];
    await expect(join()).rejects.toMatchObject({ code: 'MEDIA_CONFERENCE_FULL' });
    await expect(a.member.change({ gain: 9 })).rejects.toMatchObject({
      code: 'MEDIA_BAD_CONFERENCE',
    });
    await room.close();
    await room.close();
    await expect(room.stats()).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    a.member.endpoint.play({ type: 'tone', frequencyHz: 900 });
    await simulation.run(300);
    const [byA, byB] = await hear(a.phone, b.phone);
    expect(tonesIn(byA, 700, 900)).toEqual([900]);
    expect(levelDbm0(byB ?? new Int16Array(1))).toBeLessThan(-60);
    await close();
  });
});
