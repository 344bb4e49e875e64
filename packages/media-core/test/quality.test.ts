import { describe, expect, it } from 'vitest';
import { type MediaEngineOptions, readRtcp, writeRtcp } from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const ALICE = { name: 'alice', address: '10.0.0.1' };
const BOB = { name: 'bob', address: '10.0.0.2' };

/** Two engines of ours in a call. */
async function call(options: Partial<MediaEngineOptions> = {}, seed = 1) {
  const simulation = mediaSimulation({ seed });
  const [one, two] = [engineOn(simulation, ALICE, options), engineOn(simulation, BOB, options)];
  const [alice, bob] = [await listening(one), await listening(two)];
  const renegotiate = async (direction: 'sendrecv' | 'sendonly'): Promise<void> => {
    const offer = await alice.endpoint.createOffer({ direction });
    await alice.endpoint.acceptAnswer(await bob.endpoint.acceptOffer(offer));
  };
  await renegotiate('sendrecv');
  const end = async (): Promise<void> => {
    await Promise.all([one.close(), two.close()]);
    await simulation.run(100);
    simulation.assertQuiet();
  };
  const lose = (loss: number): void => simulation.network.link('alice', 'bob', { loss });
  return { simulation, alice, bob, renegotiate, lose, end };
}

describe('the quality of a call', () => {
  it('is good on a good network, by our own measure and by what the other side reports', async () => {
    const { simulation, alice, end } = await call();
    await simulation.run(20_000);
    const { quality, peerQuality, roundTripMs } = await alice.endpoint.stats();
    expect(quality).toMatchObject({ packetsLost: 0, packetsDiscarded: 0, lossRate: 0 });
    expect(quality?.durationMs).toBeGreaterThanOrEqual(18_000);
    expect(quality?.mos).toBeGreaterThan(4.2);
    expect(quality?.delayMs).toBe(10 + 20 + 40); // half the round trip, a packet, the buffer
    expect(roundTripMs).toBeCloseTo(20, 0);
    expect(peerQuality).toMatchObject({ lossRate: 0, gapThreshold: 16, jitterBuffer: 'adaptive' });
    expect(peerQuality?.conversationalMos).toBeGreaterThan(4.2);
    expect(alice.events.filter(({ type }) => type.startsWith('quality'))).toEqual([]);
    await end();
  });

  it('falls with the network, is told once, and recovers with it', async () => {
    const { simulation, alice, bob, lose, end } = await call();
    await simulation.run(5000);
    lose(0.4);
    await simulation.run(15_000);
    lose(0);
    await simulation.run(10_000);
    const changes = bob.events.filter(({ type }) => type === 'qualityChanged');
    expect(changes[0]).toMatchObject({ from: 'good' });
    expect(changes.at(-1)).toMatchObject({ to: 'good' });
    const worst = changes.map((one) => (one.type === 'qualityChanged' ? one.metrics.mos : 5));
    expect(Math.min(...worst)).toBeLessThan(3.1);
    const { quality } = await bob.endpoint.stats();
    expect(quality?.bursts.burstDurationMs).toBeGreaterThan(1000);
    expect(quality?.bursts.burstDensity).toBeGreaterThan(0.2);
    expect(quality?.bursts.gapDensity).toBeLessThan(0.01);
    const { peerQuality } = await alice.endpoint.stats();
    expect(peerQuality?.lossRate).toBeCloseTo(quality?.lossRate ?? 0, 1);
    await end();
  });

  it('is told each second where that is wanted, and not while nothing comes', async () => {
    const { simulation, bob, renegotiate, end } = await call({ quality: { tell: 'seconds' } });
    await simulation.run(5500);
    const seconds = () => bob.events.filter(({ type }) => type === 'quality');
    expect(seconds()).toHaveLength(5);
    expect(seconds()[2]).toMatchObject({ metrics: { durationMs: 1000, packetsExpected: 50 } });
    const heard = seconds().length;
    await renegotiate('sendonly');
    await bob.endpoint.close();
    await simulation.run(5000);
    expect(seconds().length).toBe(heard);
    await end();
  });

  it('is that of the codec which is heard, whatever is said', async () => {
    const { simulation, engine, phone, endpoint, local } = await withPhone();
    await endpoint.acceptOffer(phone.describe('8 9'));
    for (let sequence = 0; sequence < 100; sequence++) {
      phone.send(await local(), { sequence, timestamp: sequence * 160, payloadType: 9 });
      await simulation.run(20);
    }
    expect(phone.rtp[0]?.payloadType).toBe(8);
    const { quality } = await endpoint.stats();
    expect(quality?.rFactor).toBeGreaterThan(100); // on the wideband scale
    await engine.close();
  });

  it('counts what comes too late to be played', async () => {
    const { simulation, engine, phone, endpoint, local } = await withPhone({
      jitterMs: { minimum: 20, maximum: 20 },
    });
    await endpoint.acceptOffer(phone.describe('0'));
    for (let at = 0; at < 500; at++) {
      const send = async (sequence: number): Promise<void> =>
        phone.send(await local(), { sequence, timestamp: sequence * 160 });
      if (at % 25 !== 20) await send(at);
      if (at % 25 === 24) await send(at - 4);
      await simulation.run(20);
    }
    const { quality, packetsDiscarded } = await endpoint.stats();
    expect(quality).toMatchObject({ packetsExpected: 500, packetsLost: 0, packetsDiscarded });
    expect(packetsDiscarded).toBe(20);
    expect(quality?.discardRate).toBe(0.04);
    expect(quality?.listeningMos).toBeLessThan(4.3);
    await engine.close();
  });
});

async function withPhone(options: Partial<MediaEngineOptions> = {}) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, ALICE, options);
  const phone = await RawPhone.on(simulation, BOB);
  const { endpoint, events } = await listening(engine);
  const local = async () => (await endpoint.stats()).local ?? { address: '', port: 0 };
  const control = async () => {
    const { address, port } = await local();
    return { address, port: port + 1 };
  };
  const reports = () => phone.rtcp.flatMap(({ bytes }) => readRtcp(bytes) ?? []);
  return { simulation, engine, phone, endpoint, events, local, control, reports };
}

describe('RTCP of an endpoint', () => {
  it('carries VoIP metrics for whoever asks for them, and for nobody else', async () => {
    for (const lines of [['a=rtcp-xr:rcvr-rtt=all voip-metrics'], []]) {
      const { simulation, engine, phone, endpoint, local, reports } = await withPhone();
      const answer = await endpoint.acceptOffer(phone.describe('0', ...lines));
      expect(answer.includes('a=rtcp-xr:voip-metrics')).toBe(lines.length > 0);
      for (let sequence = 0; sequence < 1000; sequence++) {
        if (sequence % 10 > 0) phone.send(await local(), { sequence, timestamp: sequence * 160 });
        await simulation.run(20);
      }
      const metrics = reports().filter(({ type }) => type === 'voipMetrics');
      expect(metrics.length > 0).toBe(lines.length > 0);
      if (lines.length > 0) {
        expect(metrics.at(-1)).toMatchObject({ metrics: { ssrc: 1, jitterBuffer: 'adaptive' } });
        const [last] = metrics.slice(-1);
        const rate = last?.type === 'voipMetrics' ? last.metrics.lossRate : 0;
        expect(rate).toBeCloseTo(0.1, 1);
      }
      await engine.close();
    }
  });

  it('reports on a source only while it is heard', async () => {
    const { simulation, engine, phone, endpoint, local, reports } = await withPhone();
    await endpoint.acceptOffer(phone.describe('0'));
    phone.send(await local(), { sequence: 1 });
    await simulation.run(30_000);
    const blocks = reports().flatMap((one) => ('reports' in one ? [one.reports.length] : []));
    expect(blocks[0]).toBe(1);
    expect(new Set(blocks.slice(1))).toEqual(new Set([0]));
    await engine.close();
  });

  it('takes a report of reduced size only where that was agreed (RFC 5506)', async () => {
    const { simulation, engine, phone, endpoint, local, control } = await withPhone();
    await endpoint.acceptOffer(phone.describe('0'));
    phone.send(await local(), { sequence: 1 });
    phone.sendControl(await control(), [0x81, 203, 0, 1, 0, 0, 0, 1]);
    await simulation.run(100);
    expect((await endpoint.stats()).unwanted).toBe(1);
    await engine.close();
  });
});

describe('an SSRC that two have (RFC 3550 §8.2)', () => {
  it('is given up with a BYE, once: what comes back after that is an echo, and heard', async () => {
    const { simulation, engine, phone, endpoint, local, reports } = await withPhone();
    await endpoint.acceptOffer(phone.describe('0'));
    await simulation.run(100);
    const before = phone.rtp.at(-1)?.ssrc ?? 0;
    phone.send(await local(), { sequence: 1, ssrc: before });
    await simulation.run(100);
    const after = phone.rtp.at(-1)?.ssrc ?? 0;
    expect(after).not.toBe(before);
    expect(reports()).toContainEqual({ type: 'bye', ssrcs: [before] });
    for (let sequence = 2; sequence < 12; sequence++) {
      phone.send(await local(), { sequence, ssrc: after });
      await simulation.run(20);
    }
    expect(phone.rtp.at(-1)?.ssrc).toBe(after);
    expect((await endpoint.stats()).packetsReceived).toBe(11);
    await engine.close();
  });

  it('is noticed in reports, too', async () => {
    const { simulation, engine, phone, endpoint, control } = await withPhone();
    await endpoint.acceptOffer(phone.describe('0'));
    await simulation.run(100);
    const before = phone.rtp.at(-1)?.ssrc ?? 0;
    phone.sendControl(await control(), [
      ...writeRtcp({ ssrc: before, cname: 'another', reports: [] }),
    ]);
    await simulation.run(100);
    expect(phone.rtp.at(-1)?.ssrc).not.toBe(before);
    await engine.close();
  });
});
