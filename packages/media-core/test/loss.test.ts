import { seededRandom } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import { emptyRtpHeader, JitterBuffer, levelDbm0, toneShare, ToneSource } from '../src/index.ts';
import { engineOn, listening, mediaSimulation } from './simulated.ts';

const FRAME = 160;

interface Network {
  minutes: number;
  skewPpm?: number;
  /** Milliseconds that a packet takes, or that it is lost. */
  delay(packet: number): number | 'lost';
  minimumMs?: number;
  maximumMs?: number;
}

/** A buffer that plays a tone for minutes, over a network, on its own exact clock. */
function played({ minutes, skewPpm = 0, delay, minimumMs = 40, maximumMs = 200 }: Network) {
  let now = 0;
  const buffer = new JitterBuffer({ clockRate: 8000, minimumMs, maximumMs, now: () => now });
  const tone = new ToneSource({ frequencyHz: 400 });
  const sent: { at: number; sequence: number; samples: Int16Array }[] = [];
  for (let packet = 0; packet < minutes * 3000; packet++) {
    const samples = new Int16Array(FRAME);
    tone.read(samples);
    const took = delay(packet);
    const at = packet * 20 * (1 + skewPpm / 1e6);
    if (took !== 'lost') sent.push({ at: at + took, sequence: packet, samples });
  }
  sent.sort((one, other) => one.at - other.at);
  const decoder = {
    decode(payload: Uint8Array, _: number, out: Int16Array): number {
      out.set(new Int16Array(payload.buffer, payload.byteOffset, FRAME));
      return FRAME;
    },
    fill: (out: Int16Array, from: number, to: number): unknown => out.fill(0, from, to),
  };
  const frame = new Int16Array(FRAME);
  const heard: number[] = [];
  const delays: number[] = [];
  let next = 0;
  for (let read = 0; read < minutes * 3000; read++) {
    for (let one = sent[next]; one && one.at <= read * 20; one = sent[++next]) {
      now = one.at;
      const payload = new Uint8Array(one.samples.buffer);
      const header = { ...emptyRtpHeader(), payloadEnd: payload.length };
      header.sequence = one.sequence & 0xffff;
      header.timestamp = (one.sequence * FRAME) >>> 0;
      buffer.push(payload, header, { samples: FRAME });
    }
    now = read * 20;
    buffer.read(frame, decoder);
    heard.push(...frame);
    if (read % 500 === 499) delays.push(buffer.stats.delayMs);
  }
  return { heard: Int16Array.from(heard), delays, stats: buffer.stats };
}

describe('the jitter buffer over minutes', () => {
  it.each([-200, 200])('follows a clock that differs by %i ppm, and nobody hears it', (skewPpm) => {
    const { heard, delays, stats } = played({ minutes: 8, skewPpm, delay: () => 30 });
    expect(Math.abs(stats.clockSkewPpm - skewPpm)).toBeLessThan(20);
    expect(stats).toMatchObject({ late: 0, overflowed: 0 });
    for (const delayMs of delays) expect(Math.abs(delayMs - 40)).toBeLessThan(15); // 96 ms go by
    for (let at = 8000; at + 8000 <= heard.length; at += 8000) {
      expect(toneShare(heard.subarray(at, at + 400), 8000, 400)).toBeGreaterThan(0.9);
    }
  });

  it('waits as long as the network needs, and no longer when that is better again', () => {
    const random = seededRandom(3);
    const rough = (): number => (random.uint32() / 2 ** 32) * 120;
    const { delays, stats } = played({
      minutes: 3,
      delay: (packet) => (packet > 2000 && packet < 4000 ? rough() : 20),
    });
    expect(delays[2]).toBeLessThan(50);
    expect(delays[7]).toBeGreaterThan(100);
    expect(delays.at(-1)).toBeLessThan(55);
    expect(stats.late).toBeLessThan(60);
  });

  it('keeps a delay that is fixed, whatever comes late', () => {
    const random = seededRandom(3);
    const { delays, stats } = played({
      minutes: 1,
      delay: () => (random.uint32() / 2 ** 32) * 100,
      minimumMs: 60,
      maximumMs: 60,
    });
    expect(stats.targetMs).toBe(60);
    for (const delayMs of delays) expect(delayMs).toBeLessThan(75);
    expect(stats.late).toBeGreaterThan(500);
  });
});

/** Five seconds of what a throat makes: harmonics of a pitch that wanders, louder and softer. */
function voice(): Int16Array {
  return Int16Array.from({ length: 80_000 }, (_, at) => {
    const pitch = 120 + 20 * Math.sin(at / 7000);
    let sum = 0;
    for (let n = 1; n < 16; n++)
      sum += Math.sin((2 * Math.PI * pitch * n * at) / 16_000 + n * n) / n;
    return 4000 * sum * (0.6 + 0.4 * Math.sin((2 * Math.PI * 4 * at) / 16_000));
  });
}

describe('a call that loses every tenth packet', () => {
  it.each(['pcmu', 'g722', 'opus'])('by %s has hardly a hole', async (codec) => {
    const simulation = mediaSimulation({ loss: 0.1, latencyMs: 20 });
    const [one, other] = ['alice', 'bob'].map((name, at) =>
      engineOn(simulation, { name, address: `10.0.0.${at + 1}` }, { codecs: [codec] }),
    );
    if (!one || !other) throw new Error('two were made');
    const [alice, bob] = [await listening(one), await listening(other)];
    const answer = await bob.endpoint.acceptOffer(await alice.endpoint.createOffer());
    await alice.endpoint.acceptAnswer(answer);
    const writer = alice.endpoint.audioOut().getWriter();
    const writing = writer.write({ samples: voice(), sampleRate: 16_000, timestamp: 0 });
    const reader = bob.endpoint.audioIn().getReader();
    const frames: Int16Array[] = [];
    const reading = (async () => {
      for (;;) {
        const { value } = await reader.read();
        if (value === undefined) return;
        frames.push(value.samples);
      }
    })();
    await simulation.run(4500);
    const { jitterBuffer, packetsLost } = await bob.endpoint.stats();
    expect(packetsLost).toBeGreaterThan(10);
    if (codec === 'opus') expect(jitterBuffer?.recovered).toBeGreaterThan(5);
    else expect(jitterBuffer?.concealedMs).toBeGreaterThan(200);
    const spoken = frames.slice(20, 200);
    const holes = spoken.filter((frame) => levelDbm0(frame) < -45);
    expect(holes.length).toBeLessThan(packetsLost / 4);
    await reader.cancel();
    await reading;
    await Promise.all([one.close(), writing.catch(() => {})]);
    await other.close();
  });
});
