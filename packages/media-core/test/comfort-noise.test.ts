import { describe, expect, it } from 'vitest';
import { levelDbm0, type MediaEngineOptions } from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const ALICE = { name: 'alice', address: '10.0.0.1' };
const BOB = { name: 'bob', address: '10.0.0.2' };
const NOISE = { comfortNoise: true };

async function withPhone(options: Partial<MediaEngineOptions> = NOISE) {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, ALICE, options);
  const phone = await RawPhone.on(simulation, BOB);
  const { endpoint } = await listening(engine);
  const local = async () => (await endpoint.stats()).local ?? { address: '', port: 0 };
  const end = async (): Promise<void> => {
    await engine.close();
    await simulation.run(100);
    simulation.assertQuiet();
  };
  return { simulation, engine, phone, endpoint, local, end };
}

/** Frames that an endpoint hears from now on. */
function hearing({ endpoint }: Awaited<ReturnType<typeof withPhone>>, sampleRate: number) {
  const frames: Int16Array[] = [];
  const reader = endpoint.audioIn({ sampleRate }).getReader();
  const reading = (async () => {
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      frames.push(value.samples);
    }
  })();
  const stop = async (): Promise<void> => {
    await reader.cancel();
    await reading;
  };
  return { frames, stop };
}

describe('silence that is told instead of sent', () => {
  it('is agreed where both sides want it, at the clock of each codec without pauses', async () => {
    const { simulation, endpoint, phone, end } = await withPhone({
      ...NOISE,
      codecs: ['opus', 'g722', 'l16/16000'],
    });
    const offer = await endpoint.createOffer();
    expect(offer).toMatch(/^m=audio \d+ RTP\/AVP 111 9 96 13 97 101\r$/m);
    expect(offer).toContain('a=rtpmap:13 CN/8000');
    expect(offer).toContain('a=rtpmap:97 CN/16000');
    await endpoint.acceptAnswer(phone.describe('9 101', 'a=rtpmap:101 telephone-event/8000'));
    await simulation.run(1000);
    expect(phone.rtp.length).toBeGreaterThan(48); // all of it: the phone has no noise
    await end();
  });

  it('is not agreed where nobody asked for it', async () => {
    const { endpoint, phone, end } = await withPhone({});
    expect(await endpoint.acceptOffer(phone.describe('0 13'))).toMatch(/RTP\/AVP 0\r$/m);
    await end();
  });

  it('is a packet a second under the number of the other side; sound begins with a marker (RFC 3389 §4, RFC 3551 §4.1)', async () => {
    const { simulation, phone, endpoint, end } = await withPhone();
    await endpoint.acceptOffer(phone.describe('0 97', 'a=rtpmap:97 CN/8000'));
    const tone = { type: 'tone', frequencyHz: 500 } as const;
    await simulation.run(3000);
    endpoint.play(tone, { durationMs: 200 });
    await simulation.run(1000);
    const noise = phone.rtp.filter(({ payloadType }) => payloadType === 97);
    expect(noise.length).toBeGreaterThanOrEqual(4);
    expect(noise.every(({ payload, marker }) => payload.length === 1 && !marker)).toBe(true);
    expect(noise[0]?.payload[0]).toBeGreaterThan(90); // nothing at all is said
    const sound = phone.rtp.filter(({ payloadType }) => payloadType === 0);
    expect(sound.length).toBeLessThan(9 + 10 + 10 + 3);
    expect(sound.flatMap(({ marker }, at) => (marker ? [at] : []))).toEqual([0, 9]);
    const [first] = phone.rtp;
    expect(
      phone.rtp.every(
        ({ at, timestamp }) => timestamp - (first?.timestamp ?? 0) === (at - (first?.at ?? 0)) * 8,
      ),
    ).toBe(true);
    await end();
  });

  it('does not silence digits, nor music that is soft', async () => {
    const { simulation, phone, endpoint, end } = await withPhone();
    await endpoint.acceptOffer(phone.describe('0 13 96', 'a=rtpmap:96 telephone-event/8000'));
    await simulation.run(1000);
    await Promise.all([endpoint.sendDigits('5'), simulation.run(400)]);
    expect(phone.rtp.filter(({ payloadType }) => payloadType === 96).length).toBeGreaterThan(5);
    const before = phone.rtp.length;
    endpoint.play({ type: 'tone', frequencyHz: 500, levelDbm0: -38 });
    await simulation.run(10_000);
    expect(phone.rtp.length - before).toBeGreaterThan(495);
    await end();
  });
});

describe('silence that the other side tells', () => {
  it.each([
    ['0 13', 8000],
    ['9 13', 16_000],
  ])('sounds as loud as it says until it speaks again: %s', async (formats, sampleRate) => {
    const story = await withPhone();
    const { simulation, phone, endpoint, local, end } = story;
    await endpoint.acceptOffer(phone.describe(formats));
    const to = await local();
    const voice = Number(formats.split(' ')[0]);
    const said = Array.from({ length: 160 }, (_, at) => at % 256);
    const { frames, stop } = hearing(story, sampleRate);
    let sequence = 0;
    const speak = async (from: number, packets: number): Promise<void> => {
      for (let at = from; at < from + packets; at++) {
        phone.send(to, { sequence: sequence++, timestamp: at * 160, payloadType: voice }, said);
        await simulation.run(20);
      }
    };
    await speak(0, 25);
    phone.send(to, { sequence: sequence++, timestamp: 25 * 160, payloadType: 13 }, [45]);
    await simulation.run(2000);
    phone.send(to, { sequence: sequence++, timestamp: 125 * 160, payloadType: 13 }, [57]);
    await simulation.run(2000);
    await speak(225, 25);
    await simulation.run(20);
    await stop();
    const levels = frames.map((frame) => levelDbm0(frame));
    const mean = (first: number, behind: number): number =>
      levels.slice(first, behind).reduce((sum, level) => sum + level, 0) / (behind - first);
    expect(mean(35, 120)).toBeCloseTo(-45 + 6.15, 0); // 0 dBov is 6.15 dBm0
    expect(mean(135, 220)).toBeCloseTo(-57 + 6.15, 0);
    expect(mean(232, 248)).toBeGreaterThan(-20);
    const { jitterBuffer, packetsDiscarded, quality } = await endpoint.stats();
    expect(jitterBuffer?.concealedMs).toBe(0);
    expect(jitterBuffer?.underruns).toBeLessThanOrEqual(1);
    expect(packetsDiscarded).toBe(0);
    expect(quality).toMatchObject({ packetsLost: 0 });
    await end();
  });

  it('is what is between two of us, and costs a tenth of the packets', async () => {
    const simulation = mediaSimulation();
    const [one, two] = [engineOn(simulation, ALICE, NOISE), engineOn(simulation, BOB, NOISE)];
    const [alice, bob] = [await listening(one), await listening(two)];
    const answer = await bob.endpoint.acceptOffer(await alice.endpoint.createOffer());
    await alice.endpoint.acceptAnswer(answer);
    await simulation.run(20_000);
    const { packetsReceived, packetsLost, jitterBuffer } = await bob.endpoint.stats();
    expect(packetsReceived).toBeLessThan(40);
    expect(packetsLost).toBe(0);
    expect(jitterBuffer?.underruns).toBe(0);
    expect(bob.events.map(({ type }) => type)).toEqual(['started']); // and no time-out
    await Promise.all([one.close(), two.close()]);
  });
});
