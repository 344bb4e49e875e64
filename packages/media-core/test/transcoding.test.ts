import { afterEach, describe, expect, it } from 'vitest';
import {
  type MediaEndpoint,
  type MediaEngine,
  type MediaEngineOptions,
  toneShare,
} from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const OPUS = ['a=rtpmap:96 opus/48000/2', 'a=rtpmap:97 telephone-event/48000'];
const EVENTS = ['a=rtpmap:101 telephone-event/8000'];

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

function stage(options: Partial<MediaEngineOptions> = {}) {
  const simulation = mediaSimulation();
  const pbx = engineOn(simulation, PBX, options);
  engines.push(pbx);
  const phone = async (name: string, at: number, codec: string) => {
    const host = { name, address: `10.0.${at}.1` };
    const engine = engineOn(simulation, host, { codecs: [codec], comfortNoise: false });
    engines.push(engine);
    return (await listening(engine)).endpoint;
  };
  return { simulation, pbx, phone };
}

type Relay = Awaited<ReturnType<MediaEngine['openRelay']>>;

/** A calls B through a relay. */
async function connect({ a, b }: Relay, alice: MediaEndpoint, bob: MediaEndpoint) {
  const answered = a.acceptOffer(await alice.createOffer());
  answered.catch(() => {});
  const forwarded = await b.createOffer();
  await b.acceptAnswer(await bob.acceptOffer(forwarded));
  const answer = await answered;
  await alice.acceptAnswer(answer);
  return { forwarded, answer };
}

/** An offer passes from one end to the other and its answer back. */
async function pass(from: MediaEndpoint, to: MediaEndpoint, offer: string, answer: string) {
  const answering = from.acceptOffer(offer);
  answering.catch(() => {});
  const forwarded = await to.createOffer();
  await to.acceptAnswer(answer);
  return { forwarded, answered: await answering };
}

/** What an endpoint hears while something happens, at 8 kHz. */
async function heard(endpoint: MediaEndpoint, run: () => Promise<unknown>): Promise<Int16Array> {
  const reader = endpoint.audioIn({ sampleRate: 8000 }).getReader();
  const samples: number[] = [];
  const reading = (async () => {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      samples.push(...value.samples);
    }
  })();
  await run();
  await reader.cancel();
  await reading;
  return Int16Array.from(samples);
}

const portOf = async (end: MediaEndpoint) => (await end.stats()).local ?? { address: '', port: 0 };

describe.each([
  ['opus', 'pcmu'],
  ['pcma', 'g722'],
  ['g722', 'opus'],
])('a relay between %s and %s', (one, other) => {
  it('lets each hear the other and says what it decodes, and why', async () => {
    const { simulation, pbx, phone } = stage();
    const [alice, bob] = [await phone('alice', 1, one), await phone('bob', 2, other)];
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    const { answer } = await connect(relay, alice, bob);
    expect(answer).toMatch(new RegExp(`rtpmap:\\d+ ${one}/`, 'i'));
    expect(answer).not.toMatch(new RegExp(`rtpmap:\\d+ ${other}/`, 'i'));
    alice.play({ type: 'tone', frequencyHz: 440 });
    bob.play({ type: 'tone', frequencyHz: 1000 });
    await simulation.run(500);
    const toAlice = heard(alice, () => simulation.run(2000));
    const toBob = await heard(bob, () => Promise.resolve(toAlice));
    expect(toneShare(toBob, 8000, 440)).toBeGreaterThan(0.95);
    expect(toneShare(await toAlice, 8000, 1000)).toBeGreaterThan(0.95);
    expect(toBob.length).toBeGreaterThan(15_000);
    const [a, b] = [await relay.a.stats(), await relay.b.stats()];
    expect(a.transcoded).toEqual({ from: one, to: other, reason: 'noCommonCodec' });
    expect(b.transcoded).toEqual({ from: other, to: one, reason: 'noCommonCodec' });
    expect([a.codec, b.codec]).toEqual([one, other]);
    expect(a.jitterBuffer?.targetMs).toBeGreaterThanOrEqual(40);
  });
});

describe('a relay that may transcode', () => {
  it('passes what both sides have, though more was offered', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    const round = await pass(relay.a, relay.b, near.describe('8'), far.describe('8 0'));
    expect(round.forwarded).toMatch(/m=audio \d+ RTP\/AVP 8 0 9 \d+\r/);
    expect(round.answered).toMatch(/m=audio \d+ RTP\/AVP 8\r/);
    near.send(await portOf(relay.a), { payloadType: 8, sequence: 1 }, [1, 2, 3]);
    await simulation.run(500);
    expect(far.rtp.map(({ payload }) => payload)).toEqual([[1, 2, 3]]);
    expect((await relay.a.stats()).transcoded).toBeUndefined();
    // and yet B sends what it has first: A, who did not offer that, hears it
    const back = await portOf(relay.b);
    for (let at = 1; at < 5; at++) {
      far.send(back, { payloadType: 0, sequence: at, timestamp: at * 160 });
      await simulation.run(20);
    }
    await simulation.run(200);
    expect(near.rtp.length).toBeGreaterThan(5);
    expect(new Set(near.rtp.map(({ payloadType }) => payloadType))).toEqual(new Set([8]));
    expect((await relay.b.stats()).transcoded).toEqual({
      from: 'pcmu',
      to: 'pcma',
      reason: 'unsharedCodec',
    });
  });

  it('begins with sound: while the first packets wait for their time nothing is sent', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    await pass(relay.a, relay.b, near.describe('8'), far.describe('0'));
    const to = await portOf(relay.a);
    const tone = Array.from({ length: 160 }, (_, at) => (at % 8 < 4 ? 0xaa : 0x2a)); // 1000 Hz, loud
    const speak = async (from: number, ssrc: number): Promise<void> => {
      for (let at = 0; at < 20; at++) {
        const head = { payloadType: 8, ssrc, sequence: from + at, timestamp: (from + at) * 160 };
        near.send(to, head, tone);
        await simulation.run(20);
      }
    };
    const beganAt = simulation.clock.now();
    await speak(0, 1);
    const [first] = far.rtp;
    expect(first?.marker).toBe(true);
    // the depth of the jitter buffer, and no more than a frame beyond
    expect((first?.at ?? 0) - beganAt).toBeGreaterThanOrEqual(40);
    expect((first?.at ?? 0) - beganAt).toBeLessThan(65);
    const silent = ({ payload }: { payload: number[] }): number =>
      payload.filter((byte) => (byte & 0x7f) > 0x70).length;
    expect(silent(first ?? { payload: [] })).toBeLessThan(20);
    // another phone in its place: a gap in time, as its clock has it, and none in the numbers
    await simulation.run(1000);
    await speak(40_000, 2);
    const begins = far.rtp.findIndex(({ marker }, at) => at > 0 && marker);
    const [last, next] = [far.rtp[begins - 1], far.rtp[begins]];
    expect(next && last && (next.sequence - last.sequence) & 0xffff).toBe(1);
    const apart = next && last ? (next.timestamp - last.timestamp) / 8 - (next.at - last.at) : NaN;
    expect(Math.abs(apart)).toBeLessThan(21);
    expect(silent(next ?? { payload: [] })).toBeLessThan(20);
  });

  it('offers nothing of its own where it may not, or decodes nothing of what is offered', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const offerOf = async (offer: string, transcode?: 'never'): Promise<string> => {
      const relay = await pbx.openRelay({
        label: 'call',
        ...(transcode && { transcode }),
        onEvent: () => {},
      });
      relay.a.acceptOffer(offer).catch(() => {});
      return relay.b.createOffer();
    };
    expect(await offerOf(near.describe('0'), 'never')).toMatch(/m=audio \d+ RTP\/AVP 0\r/);
    expect(await offerOf(near.describe('18'))).toMatch(/m=audio \d+ RTP\/AVP 18\r/);
    expect(await offerOf(near.describe('0'))).toMatch(/m=audio \d+ RTP\/AVP 0 8 9 \d+\r/);
  });

  it('refuses what is not shared where it may not', async () => {
    const { pbx, phone } = stage({ relay: { transcode: 'never' } });
    const [alice, bob] = [await phone('alice', 1, 'opus'), await phone('bob', 2, 'pcmu')];
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    await expect(connect(relay, alice, bob)).rejects.toMatchObject({
      code: 'MEDIA_NOT_ACCEPTABLE',
    });
  });

  it('keeps to its limit: who waits for an answer holds a place, who needs none gives it back', async () => {
    const { pbx, phone } = stage({ relay: { maxTranscoded: 1 } });
    const open = () => pbx.openRelay({ label: 'call', onEvent: () => {} });
    const [alice, bob] = [await phone('alice', 1, 'opus'), await phone('bob', 2, 'pcmu')];
    const first = await open();
    await connect(first, alice, bob);
    const [carol, dave] = [await phone('carol', 3, 'pcmu'), await phone('dave', 4, 'pcmu')];
    const second = await connect(await open(), carol, dave);
    expect(second.forwarded).toMatch(/RTP\/AVP 0 101\r/);
    await Promise.all([first.a.close(), first.b.close()]);
    const [erin, frank] = [await phone('erin', 5, 'pcmu'), await phone('frank', 6, 'pcmu')];
    const third = await connect(await open(), erin, frank);
    expect(third.forwarded).toMatch(/RTP\/AVP 0 101 8 9 \d+\r/);
    const [grace, heidi] = [await phone('grace', 7, 'g722'), await phone('heidi', 8, 'pcma')];
    const fourth = await connect(await open(), grace, heidi);
    expect(fourth.answer).toMatch(/RTP\/AVP 9 101\r/);
  });

  it('keeps to frames that the codec has which it makes, whatever the first one agreed has', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    const opus = 'a=rtpmap:111 opus/48000/2';
    const offer = near.describe('18 111', opus, 'a=ptime:30');
    await pass(relay.a, relay.b, offer, far.describe('18 111 0', opus));
    const to = await portOf(relay.b);
    for (let at = 0; at < 20; at++) {
      far.send(to, { payloadType: 0, sequence: at, timestamp: at * 160 });
      await simulation.run(20);
    }
    expect((await relay.b.stats()).transcoded?.to).toBe('opus');
    const times = near.rtp.map(({ timestamp }) => timestamp);
    expect(times.length).toBeGreaterThan(10);
    const steps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(new Set(steps)).toEqual(new Set([960]));
  });

  it('makes nothing that may not pass, in an offer of its own nor in an answer', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const asked = { label: 'call', codecs: ['pcma', 'pcmu'], onEvent: () => {} };
    const late = await pbx.openRelay(asked);
    expect(await late.a.createOffer()).toMatch(/m=audio \d+ RTP\/AVP 0 8 \d+\r/);
    const relay = await pbx.openRelay(asked);
    const round = await pass(relay.a, relay.b, near.describe('8 9'), far.describe('0'));
    expect(round.answered).toMatch(/m=audio \d+ RTP\/AVP 8\r/);
  });

  it('holds no place for what B has answered beside that which passes', async () => {
    const { simulation, pbx } = stage({ relay: { maxTranscoded: 1 } });
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    for (let calls = 0; calls < 3; calls++) {
      const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
      const round = await pass(relay.a, relay.b, near.describe('8'), far.describe('8 0 9'));
      expect(round.forwarded).toMatch(/m=audio \d+ RTP\/AVP 8 0 9 \d+\r/);
    }
  });

  it('takes no late packet for another digit, and says long ones in segments', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    const offer = near.describe('96 97', ...OPUS);
    await pass(relay.a, relay.b, offer, far.describe('0 101', ...EVENTS));
    const to = await portOf(relay.b);
    const event = async (sequence: number, timestamp: number, ends: boolean, duration: number) => {
      const bytes = [5, ends ? 0x8a : 10, duration >> 8, duration & 0xff];
      far.send(to, { payloadType: 101, sequence, timestamp }, bytes);
      await simulation.run(20);
    };
    await event(1, 8000, false, 160);
    await event(2, 8000, false, 12_000); // 72 000 units of 48 kHz
    await event(4, 8000, true, 12_160);
    await event(3, 8000, false, 12_080); // late: it is over
    await event(5, 40_000, false, 160);
    await event(6, 8000, true, 12_160); // later still: another one has begun
    const events = near.rtp.filter(({ payloadType }) => payloadType === 97);
    const [first] = events;
    expect(
      events.map(({ marker, timestamp, payload: [, flags = 0, high = 0, low = 0] }) => [
        marker,
        timestamp - (first?.timestamp ?? 0) === 65_535,
        flags >= 0x80,
        high * 256 + low,
      ]),
    ).toEqual([
      [true, false, false, 960],
      [false, true, false, 72_000 - 65_535],
      [false, true, true, 72_960 - 65_535],
      [true, false, false, 960],
    ]);
  });

  it('passes events under the clock and the number of the other side, and tells each once', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const told: object[] = [];
    const relay = await pbx.openRelay({ label: 'call', onEvent: (_end, one) => told.push(one) });
    const offer = near.describe('96 97', ...OPUS);
    const round = await pass(relay.a, relay.b, offer, far.describe('0 101', ...EVENTS));
    expect(round.answered).toContain('a=rtpmap:97 telephone-event/48000');
    const to = await portOf(relay.a);
    // an Opus packet of 20 ms, then an event of 100 ms whose end comes three times
    near.send(to, { payloadType: 96, sequence: 1, timestamp: 0 }, [0x78, 0xff, 0xfe]);
    await simulation.run(100);
    for (let at = 1; at <= 7; at++) {
      const duration = Math.min(at, 5) * 960;
      near.send(to, { payloadType: 97, sequence: 1 + at, timestamp: 960, marker: at === 1 }, [
        5,
        at >= 5 ? 0x8a : 10,
        duration >> 8,
        duration & 0xff,
      ]);
      await simulation.run(20);
    }
    await simulation.run(100);
    const events = far.rtp.filter(({ payloadType }) => payloadType === 101);
    expect(
      events.map(({ payload: [code, flags = 0, high = 0, low = 0] }) => [
        code,
        flags >= 0x80,
        high * 256 + low,
      ]),
    ).toEqual([
      [5, false, 160],
      [5, false, 320],
      [5, false, 480],
      [5, false, 640],
      [5, true, 800],
      [5, true, 800],
      [5, true, 800],
    ]);
    expect(events.map(({ marker }) => marker)).toEqual([true, ...Array(6).fill(false)]);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    // no audio while it sounds, and one sequence for all
    const from = far.rtp.findIndex(({ payloadType }) => payloadType === 101);
    expect(far.rtp.slice(from, from + 5).map(({ payloadType }) => payloadType)).toEqual(
      Array(5).fill(101),
    );
    const [first] = far.rtp;
    expect(far.rtp.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual(
      far.rtp.map((_, at) => at),
    );
    const digits = told.filter((one) => 'digit' in one);
    expect(digits).toEqual([
      { type: 'digit', digit: '5', durationMs: 100, source: 'rtp', passed: true },
    ]);
  });

  it.each([
    { who: 'the offerer', change: 'a' as const },
    { who: 'the other side', change: 'b' as const },
  ])(
    'goes over to transcoding and back, with no gap beyond the depth of the jitter buffer: $who changes',
    async ({ change }) => {
      const { simulation, pbx } = stage();
      const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
      const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
      const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
      await pass(relay.a, relay.b, near.describe('0'), far.describe('0'));
      const to = await portOf(relay.a);
      let sequence = 0;
      const speak = async (payloadType: number, packets: number): Promise<void> => {
        for (let at = 0; at < packets; at++) {
          near.send(to, { payloadType, sequence, timestamp: sequence++ * 160 });
          await simulation.run(20);
        }
      };
      await speak(0, 10);
      const agree = async (formats: string): Promise<unknown> =>
        change === 'a'
          ? pass(relay.a, relay.b, near.describe(formats), far.describe('0'))
          : pass(relay.b, relay.a, far.describe('0'), near.describe(formats));
      await agree('8');
      await speak(8, 10);
      expect((await relay.a.stats()).transcoded?.reason).toBe('noCommonCodec');
      await agree('0');
      await speak(0, 10);
      await simulation.run(20);
      expect(far.rtp.map(({ payloadType }) => payloadType)).toEqual(far.rtp.map(() => 0));
      const { rtp } = far;
      const steps = rtp.slice(1).map((one, at) => ({
        ms: one.at - (rtp[at]?.at ?? 0),
        sequence: (one.sequence - (rtp[at]?.sequence ?? 0)) & 0xffff,
        ticks: (one.timestamp - (rtp[at]?.timestamp ?? 0)) >>> 0,
      }));
      const gaps = steps.map(({ ms }) => ms).filter((ms) => ms > 40);
      expect(gaps, 'one, where the first that is decoded waits').toHaveLength(1);
      expect(gaps[0]).toBeLessThanOrEqual(65);
      expect(new Set(steps.map((step) => step.sequence))).toEqual(new Set([1]));
      for (const { ms, ticks } of steps) expect(Math.abs(ticks - ms * 8)).toBeLessThanOrEqual(160);
      expect(rtp.length).toBeGreaterThanOrEqual(27);
    },
  );

  it('conceals what is lost, so that the stream of the other side has no hole', async () => {
    const { simulation, pbx } = stage();
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    await pass(relay.a, relay.b, near.describe('8'), far.describe('0'));
    const to = await portOf(relay.a);
    for (let at = 0; at < 100; at++) {
      const isLost = at % 10 === 7;
      const payload = Array.from({ length: 160 }, (_, index) => (index % 8 < 4 ? 0x10 : 0x90));
      if (!isLost) near.send(to, { payloadType: 8, sequence: at, timestamp: at * 160 }, payload);
      await simulation.run(20);
    }
    const steps = far.rtp.slice(1).map((one, at) => one.sequence - (far.rtp[at]?.sequence ?? 0));
    expect(new Set(steps.map((step) => step & 0xffff))).toEqual(new Set([1]));
    const isSilent = ({ payload }: { payload: number[] }): boolean =>
      payload.every((byte) => byte === 0xff || byte === 0x7f);
    const first = far.rtp.findIndex((one) => !isSilent(one));
    const sounding = far.rtp.slice(first, first + 90);
    expect(sounding.filter(isSilent)).toEqual([]);
    const stats = await relay.a.stats();
    expect(stats.packetsLost).toBe(10);
    expect(stats.jitterBuffer?.concealedMs).toBeGreaterThanOrEqual(160);
  });

  it('tells silence as comfort noise where one side has it, and fills it in for the other', async () => {
    const { simulation, pbx } = stage({ comfortNoise: true });
    const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
    const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    const { answered } = await pass(relay.a, relay.b, near.describe('8 13'), far.describe('0'));
    expect(answered).toMatch(/RTP\/AVP 8 13\r/);
    const to = await portOf(relay.a);
    for (let at = 0; at < 5; at++) {
      near.send(to, { payloadType: 8, sequence: at, timestamp: at * 160 });
      await simulation.run(20);
    }
    near.send(to, { payloadType: 13, sequence: 5, timestamp: 800 }, [40]);
    await simulation.run(1000);
    // B has no comfort noise: it gets the noise itself
    expect(new Set(far.rtp.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    expect(far.rtp.length).toBeGreaterThan(45);
    const noisy = far.rtp.at(-1)?.payload ?? [];
    expect(new Set(noisy).size).toBeGreaterThan(4);
    // and its silence is told to A, who has
    for (let at = 0; at < 60; at++) {
      const payload = Array<number>(160).fill(0xff);
      far.send(await portOf(relay.b), { sequence: at, timestamp: at * 160 }, payload);
      await simulation.run(20);
    }
    expect(near.rtp.filter(({ payloadType }) => payloadType === 13).length).toBeGreaterThan(0);
    expect(near.rtp.length).toBeLessThan(55);
  });
});
