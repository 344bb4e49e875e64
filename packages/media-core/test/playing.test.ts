import { describe, expect, it } from 'vitest';
import { pcmuDecode, type PcmFrame, toneShare } from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

const TONE = (frequencyHz: number) => ({ type: 'tone', frequencyHz }) as const;

async function story() {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' });
  const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
  const { endpoint } = await listening(engine);
  await endpoint.acceptOffer(phone.describe('0'));
  /** What came in packets that are not silent. */
  const loud = (): number => phone.rtp.filter(({ payload }) => !isSilent(payload)).length;
  const heard = (): Int16Array =>
    pcmuDecode(Uint8Array.from(phone.rtp.flatMap(({ payload }) => payload)));
  return { simulation, engine, phone, endpoint, loud, heard };
}

const isSilent = (payload: readonly number[]): boolean => payload.every((byte) => byte === 0xff);

function frame(samples: number, value = 8031): PcmFrame {
  return { samples: new Int16Array(samples).fill(value), sampleRate: 8000, timestamp: 0 };
}

/** The frequency that rules each block of 20 ms, or 0 where there is silence. */
function rulingTones(samples: Int16Array, frequencies: readonly number[]): number[] {
  const rulers: number[] = [];
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    const block = samples.subarray(at, at + 160);
    rulers.push(frequencies.find((hz) => toneShare(block, 8000, hz) > 0.9) ?? 0);
  }
  return rulers;
}

describe('playing', () => {
  it('takes what is queued one after the other, without a gap', async () => {
    const { simulation, engine, endpoint, heard, loud } = await story();
    const first = endpoint.play(TONE(400), { durationMs: 100 });
    const second = endpoint.play(TONE(1000), { durationMs: 100, queue: true });
    const third = endpoint.play(TONE(400), { durationMs: 60, queue: true });
    await simulation.run(1000);
    expect(await first.finished).toEqual({ playedMs: 100, stopped: false });
    expect(await second.finished).toEqual({ playedMs: 100, stopped: false });
    expect(await third.finished).toEqual({ playedMs: 60, stopped: false });
    const order = rulingTones(heard(), [400, 1000]);
    const from = order.indexOf(400);
    expect(order.slice(from, from + 13).join(' ')).toBe(
      '400 400 400 400 400 1000 1000 1000 1000 1000 400 400 400',
    );
    expect(loud()).toBe(13);
    await engine.close();
  });

  it('ends what waits when something is played instead', async () => {
    const { simulation, engine, endpoint } = await story();
    const first = endpoint.play(TONE(400));
    const waiting = endpoint.play(TONE(500), { queue: true });
    await simulation.run(100);
    endpoint.play(TONE(600));
    await simulation.run(100);
    expect(await waiting.finished).toEqual({ playedMs: 0, stopped: true });
    expect(await first.finished).toMatchObject({ stopped: true });
    await engine.close();
  });

  it('holds a playback, and goes on where it was', async () => {
    const { simulation, engine, endpoint, loud } = await story();
    const { finished, pause, resume } = endpoint.play(TONE(400), { durationMs: 400 });
    await simulation.run(195);
    pause();
    const before = loud();
    await simulation.run(1000);
    expect(loud()).toBe(before);
    resume();
    await simulation.run(1000);
    expect(loud()).toBe(20);
    expect(await finished).toEqual({ playedMs: 400, stopped: false });
    await engine.close();
  });

  it('makes it softer, and louder up to what fits', async () => {
    const { simulation, engine, endpoint, heard } = await story();
    const stream = (value: number) => ReadableStream.from([frame(800, value)]);
    endpoint.play({ type: 'stream', stream: stream(8000) }, { gain: 0.5 });
    endpoint.play({ type: 'stream', stream: stream(30_000) }, { gain: 2, queue: true });
    await simulation.run(1000);
    const samples = [...heard()].filter((sample) => sample !== 0);
    expect(samples[100]).toBeGreaterThan(3800);
    expect(samples[100]).toBeLessThan(4200);
    expect(samples.at(-100)).toBeGreaterThan(31_000);
    await engine.close();
  });

  it('of a stream asks for no more than is played, and lets go of it when it is stopped', async () => {
    const { simulation, engine, endpoint, loud } = await story();
    let made = 0;
    let cancelled = false;
    const stream = new ReadableStream<PcmFrame>({
      pull: (controller) => {
        made++;
        controller.enqueue(frame(160));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const { finished, stop } = endpoint.play({ type: 'stream', stream });
    await simulation.run(1000);
    expect(loud()).toBeGreaterThan(45);
    expect(made).toBeLessThan(50 + 25);
    stop();
    await simulation.run(100);
    expect(cancelled).toBe(true);
    expect(await finished).toMatchObject({ stopped: true });
    await engine.close();
  });

  it('of a stream that breaks tells why', async () => {
    const { simulation, engine, endpoint } = await story();
    const stream = new ReadableStream<PcmFrame>({
      pull: (controller) => controller.error(new Error('the voice is gone')),
    });
    const { finished } = endpoint.play({ type: 'stream', stream });
    await simulation.run(100);
    await expect(finished).rejects.toMatchObject({
      code: 'MEDIA_STREAM_FAILED',
      message: 'the voice is gone',
    });
    await engine.close();
  });

  it('refuses numbers that make no sense', async () => {
    const { engine, endpoint } = await story();
    for (const options of [{ gain: -1 }, { gain: 17 }, { loop: 0 }, { loop: 1.5 }]) {
      const { finished } = endpoint.play(TONE(400), options);
      await expect(finished).rejects.toMatchObject({ code: 'MEDIA_BAD_PLAY' });
    }
    await engine.close();
  });
});

describe('a mark', () => {
  it('is reached with the packet that holds the last sample before it', async () => {
    const { simulation, engine, phone, endpoint, loud } = await story();
    const reached: { name: string; at: number; loud: number }[] = [];
    const mark = (name: string): void =>
      void endpoint
        .mark(name)
        .then(() => reached.push({ name, at: simulation.clock.now(), loud: loud() }));
    endpoint.play(TONE(400), { durationMs: 100 });
    mark('first');
    endpoint.play(TONE(500), { durationMs: 60, queue: true });
    mark('second');
    await simulation.run(1000);
    expect(reached.map(({ name }) => name)).toEqual(['first', 'second']);
    const sent = phone.rtp.filter(({ payload }) => !isSilent(payload));
    // a packet is on its way for a moment: the mark is reached when it leaves
    expect(sent[4]?.at).toBeGreaterThanOrEqual(reached[0]?.at ?? 0);
    expect(sent[4]?.at).toBeLessThan((reached[0]?.at ?? 0) + 20);
    expect(sent[7]?.at).toBeLessThan((reached[1]?.at ?? 0) + 20);
    await engine.close();
  });

  it('stands between two frames that were written, though both still wait', async () => {
    const { simulation, engine, endpoint, loud } = await story();
    const writer = endpoint.audioOut().getWriter();
    void writer.write(frame(4800));
    const middle = endpoint.mark('middle');
    void writer.write(frame(4800));
    const end = endpoint.mark('end');
    const at: number[] = [];
    void middle.then(() => at.push(loud()));
    void end.then(() => at.push(loud()));
    await simulation.run(2000);
    expect(await middle).toEqual({ name: 'middle', reached: true });
    expect(await end).toEqual({ name: 'end', reached: true });
    expect(at[0]).toBeGreaterThanOrEqual(29);
    expect(at[0]).toBeLessThanOrEqual(30);
    expect(at[1]).toBeGreaterThanOrEqual(59);
    await engine.close();
  });

  it('is reached at once where nothing is said, and not at all where the call ends', async () => {
    const { simulation, engine, endpoint } = await story();
    expect(await endpoint.mark('now')).toEqual({ name: 'now', reached: true });
    endpoint.play(TONE(400));
    const never = endpoint.mark('never');
    await simulation.run(100);
    await endpoint.close();
    expect(await never).toEqual({ name: 'never', reached: false });
    await expect(endpoint.mark('late')).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await engine.close();
  });
});

describe('barging in', () => {
  it('is silence from the next packet on, and tells to the sample what was heard', async () => {
    const { simulation, engine, phone, endpoint, loud } = await story();
    const writer = endpoint.audioOut().getWriter();
    const writes = Array.from({ length: 10 }, () => writer.write(frame(1600)));
    const marks = [endpoint.mark('sentence'), endpoint.mark('end')];
    await simulation.run(507);
    const clearedAt = simulation.clock.now();
    const cleared = await endpoint.clear();
    await simulation.run(1000);
    const sounding = phone.rtp.filter(({ payload }) => !isSilent(payload));
    expect(cleared).toEqual({ heardMs: loud() * 20, marks: ['sentence', 'end'] });
    expect(loud()).toBeGreaterThan(20);
    expect(loud()).toBeLessThan(27);
    expect(sounding.at(-1)?.at).toBeLessThan(clearedAt + 20);
    expect(await Promise.all(marks)).toEqual([
      { name: 'sentence', reached: false },
      { name: 'end', reached: false },
    ]);
    await Promise.all(writes);
    await writer.write(frame(160));
    await simulation.run(200);
    expect(loud()).toBe(sounding.length + 1);
    await engine.close();
  });

  it('counts from the last mark that was reached', async () => {
    const { simulation, engine, endpoint, loud } = await story();
    endpoint.play(TONE(400), { durationMs: 200 });
    const intro = endpoint.mark('intro');
    const answer = endpoint.play(TONE(500), { queue: true });
    await simulation.run(507);
    expect(await intro).toMatchObject({ reached: true });
    const cleared = await endpoint.clear();
    expect(await answer.finished).toEqual({ playedMs: cleared.heardMs, stopped: true });
    await simulation.run(500);
    expect(cleared).toEqual({ heardMs: loud() * 20 - 200, lastMark: 'intro', marks: [] });
    expect(await endpoint.clear()).toEqual({ heardMs: 0, marks: [] });
    await engine.close();
  });

  it('leaves out what a program gave up by itself', async () => {
    const { simulation, engine, endpoint, loud } = await story();
    const writer = endpoint.audioOut().getWriter();
    void writer.write(frame(1600));
    const mark = endpoint.mark('end');
    await simulation.run(107);
    await writer.abort();
    expect(await mark).toEqual({ name: 'end', reached: false });
    await simulation.run(100);
    expect(await endpoint.clear()).toEqual({ heardMs: loud() * 20, marks: [] });
    await engine.close();
  });
});
