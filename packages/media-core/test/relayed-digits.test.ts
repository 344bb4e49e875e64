import { describe, expect, it } from 'vitest';
import {
  type MediaEndpoint,
  type MediaEndpointEvent,
  pcmuEncode,
  type RelayRequest,
  toneShare,
} from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const PBX = { name: 'pbx', address: '10.0.0.1' };
const EVENTS = ['a=rtpmap:101 telephone-event/8000'];

async function stage(request: Partial<RelayRequest>) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, PBX);
  const near = await RawPhone.on(simulation, { name: 'near', address: '10.0.1.1' });
  const far = await RawPhone.on(simulation, { name: 'far', address: '10.0.2.1' });
  const told: [end: string, event: MediaEndpointEvent][] = [];
  const onEvent = (end: string, event: MediaEndpointEvent): unknown => told.push([end, event]);
  const relay = await engine.openRelay({ label: 'call', onEvent, ...request });
  const digits = () => told.filter(([, { type }]) => type === 'digit');
  return { simulation, engine, near, far, relay, digits };
}

async function pass(
  { a, b }: { a: MediaEndpoint; b: MediaEndpoint },
  offer: string,
  answer: string,
) {
  const answering = a.acceptOffer(offer);
  const forwarded = await b.createOffer();
  await b.acceptAnswer(answer);
  return { forwarded, answered: await answering };
}

const portOf = async (end: MediaEndpoint) => (await end.stats()).local ?? { address: '', port: 0 };

describe('digits through a relay that converts them', () => {
  it('are taken as events of a side whose other one has none, and told as not passed', async () => {
    const { simulation, engine, near, far, relay, digits } = await stage({ convertDigits: true });
    const round = await pass(relay, near.describe('0 101', ...EVENTS), far.describe('0'));
    expect(round.answered).toContain('a=rtpmap:101 telephone-event/8000');
    const to = await portOf(relay.a);
    for (let at = 1; at <= 5; at++) {
      const head = { payloadType: 101, sequence: at, timestamp: 160, marker: at === 1 };
      near.send(to, head, [11, at === 5 ? 0x8a : 10, (at * 160) >> 8, (at * 160) & 0xff]);
      await simulation.run(20);
    }
    await simulation.run(300);
    const digit = { type: 'digit', digit: '#', durationMs: 100, source: 'rtp', passed: false };
    expect(digits()).toEqual([['a', digit]]);
    expect(far.rtp).toEqual([]);
    await expect(relay.b.sendDigits('1')).rejects.toMatchObject({
      code: 'MEDIA_NO_TELEPHONE_EVENT',
    });
    await engine.close();
  });

  it('are sent as events within what passes, which goes on behind them as one stream', async () => {
    const { simulation, engine, near, far, relay } = await stage({ convertDigits: true });
    const round = await pass(relay, near.describe('0'), far.describe('0 101', ...EVENTS));
    expect(round.forwarded).toContain('telephone-event/8000');
    expect(round.answered).not.toContain('telephone-event');
    const to = await portOf(relay.a);
    const speaking = (async () => {
      for (let at = 0; at < 40; at++) {
        near.send(to, { sequence: 500 + at, timestamp: at * 160 });
        await simulation.run(20);
      }
    })();
    let isSent = false;
    await Promise.resolve();
    void relay.b.sendDigits('58', { durationMs: 100, gapMs: 100 }).then(() => (isSent = true));
    await speaking;
    expect(isSent).toBe(true);
    const { rtp } = far;
    const [first] = rtp;
    expect(rtp.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual(
      rtp.map((_, at) => at),
    );
    const events = rtp.filter(({ payloadType }) => payloadType === 101);
    const pressed = events.filter(({ marker }) => marker).map(({ payload }) => payload[0]);
    expect(pressed).toEqual([5, 8]);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(2);
    const kinds = rtp.map(({ payloadType }) => (payloadType === 101 ? 'e' : '.')).join('');
    expect(kinds).toMatch(/^\.*e{7}\.{3,6}e{7}\.+$/); // nothing but the event while it sounds
    const steps = rtp.slice(1).map((one, at) => {
      const before = rtp[at];
      return before === undefined ? 0 : (one.timestamp - before.timestamp) | 0;
    });
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    await engine.close();
  });

  it('are heard in band where they are listened for, and their tones do not go on', async () => {
    const { simulation, engine, far, relay, digits } = await stage({
      convertDigits: true,
      inbandDigits: { a: true },
    });
    const phone = engineOn(
      simulation,
      { name: 'phone', address: '10.0.3.1' },
      { codecs: ['pcmu'] },
    );
    const { endpoint } = await listening(phone);
    const offer = await endpoint.createOffer();
    const { answered } = await pass(relay, offer, far.describe('0 101', ...EVENTS));
    await endpoint.acceptAnswer(answered);
    endpoint.play({ type: 'tone', frequencyHz: 440 });
    await simulation.run(500);
    const sending = endpoint.sendDigits('7', { via: 'inband', durationMs: 200 });
    await simulation.run(1000);
    await sending;
    expect(digits()).toEqual([
      ['a', expect.objectContaining({ digit: '7', source: 'inband', passed: false })],
    ]);
    expect((await relay.a.stats()).transcoded?.reason).toBe('inbandDigits');
    // 852 and 1209 Hz: what of them is left is shorter than any receiver takes for a digit
    const sounding = far.rtp.filter(({ payload }) => {
      const samples = Int16Array.from(payload, (byte) => muLaw(byte));
      return toneShare(samples, 8000, 852) + toneShare(samples, 8000, 1209) > 0.5;
    });
    expect(sounding.length).toBeLessThan(3);
    await Promise.all([phone.close(), engine.close()]);
  });
});

describe('digits that come in two ways at once', () => {
  const FIVE = [770, 1336];

  /** A phone that says a digit as an event and as tones of one stream, each from and to so many packets. */
  async function sayBoth(
    { simulation, near }: Pick<Awaited<ReturnType<typeof stage>>, 'simulation' | 'near'>,
    to: { address: string; port: number },
    { event, tone }: { event: [number, number]; tone: [number, number] },
  ): Promise<void> {
    let sequence = 0;
    for (let at = 0; at < 60; at++) {
      const samples = Int16Array.from({ length: 160 }, (_, index) =>
        at >= tone[0] && at < tone[1]
          ? FIVE.reduce(
              (sum, hz) => sum + 6000 * Math.sin((2 * Math.PI * hz * (at * 160 + index)) / 8000),
              0,
            )
          : 0,
      );
      const payload = new Uint8Array(160);
      pcmuEncode(samples, payload);
      near.send(to, { payloadType: 0, sequence: sequence++, timestamp: at * 160 }, [...payload]);
      if (at >= event[0] && at < event[1]) {
        const duration = (at - event[0] + 1) * 160;
        const isEnd = at === event[1] - 1;
        const head = { payloadType: 101, timestamp: event[0] * 160, marker: at === event[0] };
        const bytes = [5, isEnd ? 0x8a : 10, duration >> 8, duration & 0xff];
        for (let copy = isEnd ? 3 : 1; copy > 0; copy--) {
          near.send(to, { ...head, sequence: sequence++ }, bytes);
        }
      }
      await simulation.run(20);
    }
  }

  it.each([
    { which: 'the event is over first', event: [10, 16], tone: [10, 18] },
    { which: 'the tone is over first', event: [10, 30], tone: [10, 18] },
    { which: 'the tone comes before its event', event: [24, 30], tone: [10, 18] },
    { which: 'the tone comes behind its event', event: [10, 15], tone: [18, 26] },
  ] as const)('are told once, and reach the other side once: $which', async ({ event, tone }) => {
    const told = await stage({ convertDigits: true, inbandDigits: { a: true } });
    const { simulation, engine, near, far, relay, digits } = told;
    const offer = near.describe('0 101', ...EVENTS);
    await pass(relay, offer, far.describe('0 101', ...EVENTS));
    const saying = sayBoth(told, await portOf(relay.a), { event: [...event], tone: [...tone] });
    let inserted = 0;
    for (let at = 0; at < 70; at++) {
      await Promise.resolve();
      await simulation.run(20);
      // as a call does with what was not passed
      for (const [, one] of digits().slice(inserted)) {
        inserted++;
        if ('digit' in one && one.passed === false)
          void relay.b.sendDigits(one.digit, { via: 'rtp' });
      }
    }
    await saying;
    await simulation.run(500);
    expect(digits()).toEqual([['a', expect.objectContaining({ digit: '5' })]]);
    const events = far.rtp.filter(({ payloadType }) => payloadType === 101);
    expect(new Set(events.map(({ payload: [code] }) => code))).toEqual(new Set([5]));
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(events.filter(({ marker }) => marker)).toHaveLength(1);
    await engine.close();
  });

  it.each([
    { which: 'before its event', at: 5 },
    { which: 'while its event sounds', at: 12 },
    { which: 'behind its event', at: 18 },
  ])('by INFO, which a call inserts once: $which', async ({ at: pressed }) => {
    const told = await stage({ convertDigits: true });
    const { simulation, engine, near, far, relay } = told;
    const offer = near.describe('0 101', ...EVENTS);
    await pass(relay, offer, far.describe('0 101', ...EVENTS));
    const saying = sayBoth(told, await portOf(relay.a), { event: [10, 16], tone: [0, 0] });
    await simulation.run(pressed * 20 - 10);
    const sent = relay.b.sendDigits('5', { via: 'rtp', once: true });
    await saying;
    await simulation.run(500);
    await sent;
    const events = far.rtp.filter(({ payloadType }) => payloadType === 101);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(events.filter(({ marker }) => marker)).toHaveLength(1);
    await engine.close();
  });
});

/** G.711 by its definition: sign, three bits of exponent, four of mantissa, all inverted. */
function muLaw(byte: number): number {
  const value = ~byte & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 0x84) << ((value >> 4) & 7)) - 0x84;
  return value >= 0x80 ? -magnitude : magnitude;
}
