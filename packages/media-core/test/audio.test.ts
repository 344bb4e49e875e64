import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pcmuEncode, readWav, toneShare, ToneSource } from '../src/index.ts';
import { engineOn, listening, mediaSimulation, RawPhone } from './simulated.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-media-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function story() {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' });
  const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
  const { endpoint } = await listening(engine);
  await endpoint.acceptOffer(phone.describe('0'));
  const to = (await endpoint.stats()).local ?? { address: '', port: 0 };
  const tone = new ToneSource({ frequencyHz: 440 });
  const speak = async (packets: number, first: number): Promise<void> => {
    for (let at = first; at < first + packets; at++) {
      const samples = new Int16Array(160);
      tone.read(samples);
      phone.send(to, { sequence: at, timestamp: at * 160 }, [...pcmuEncode(samples)]);
      await simulation.run(20);
    }
  };
  return { simulation, engine, phone, endpoint, speak };
}

describe('the audio of an endpoint, in virtual time', () => {
  it('is recorded with silence where nothing came, exactly as long as it took', async () => {
    const { simulation, engine, endpoint, speak } = await story();
    const recording = await endpoint.record(join(folder, 'exact.wav'));
    await simulation.run(1000);
    await speak(50, 0);
    await simulation.run(1000);
    const { path, durationMs } = await recording.stop();
    expect(durationMs).toBe(3000);
    const { samples } = await readWav(path);
    expect(samples).toHaveLength(24_000);
    const loud = [...samples.keys()].filter((at) => Math.abs(samples[at] ?? 0) > 500);
    expect(loud[0]).toBeGreaterThan(8000);
    // the delay, and 60 ms in which the tone that ceased is faded out
    expect(loud.at(-1)).toBeLessThan(16_000 + 320 + 480 + 160);
    await expect(recording.stop()).resolves.toMatchObject({ path, durationMs });
    await engine.close();
  });

  it('is recorded on two channels, each leg in step, without what was paused', async () => {
    const { simulation, engine, endpoint, speak } = await story();
    const path = join(folder, 'stereo.wav');
    const recording = await endpoint.record(path, { channels: 'stereo' });
    await simulation.run(500);
    const playback = endpoint.play({ type: 'tone', frequencyHz: 1000 }, { durationMs: 500 });
    await simulation.run(1000);
    expect(await playback.finished).toMatchObject({ stopped: false });
    recording.pause();
    await speak(50, 0);
    recording.resume();
    await speak(25, 50);
    await simulation.run(500);
    const { durationMs, sha256, lostMs } = await recording.stop();
    expect({ durationMs, lostMs }).toEqual({ durationMs: 2500, lostMs: 0 });
    const file = await readFile(path);
    expect(sha256).toBe(createHash('sha256').update(file).digest('hex'));
    const samples = new Int16Array(file.buffer, file.byteOffset + 44, (file.length - 44) / 2);
    const part = (channel: number, fromMs: number, toMs: number): Int16Array =>
      samples.filter((_, at) => at % 2 === channel).subarray(8 * fromMs, 8 * toMs);
    expect(samples).toHaveLength(2 * 20_000);
    expect(toneShare(part(1, 540, 960), 8000, 1000)).toBeGreaterThan(0.95);
    expect(part(0, 0, 1500).every((sample) => sample === 0)).toBe(true);
    expect(toneShare(part(0, 1600, 1950), 8000, 440)).toBeGreaterThan(0.95);
    expect(part(1, 1500, 2500).every((sample) => sample === 0)).toBe(true);
    await engine.close();
  });

  it('comes back as an echo, sample by sample', async () => {
    const { simulation, engine, phone, endpoint, speak } = await story();
    endpoint.echo(true);
    await speak(20, 0);
    await simulation.run(200);
    const said = [...Array(20).keys()].map(() => new Int16Array(160));
    const tone = new ToneSource({ frequencyHz: 440 });
    for (const block of said) tone.read(block);
    const expected = said.flatMap((block) => [...pcmuEncode(block)]);
    const echoed = phone.rtp.flatMap(({ payload }) => payload);
    // without a diff, which nobody could read
    expect(echoed.join(',').includes(expected.join(','))).toBe(true);
    await engine.close();
  });

  it('waits for a slow reader for a second, and loses what comes then', async () => {
    const { simulation, engine, endpoint, speak } = await story();
    const reader = endpoint.audioIn().getReader();
    await speak(200, 0);
    const frames = [];
    for (let at = 0; at < 50; at++) frames.push((await reader.read()).value);
    expect(frames.map((frame) => frame?.timestamp)).toEqual(frames.map((_, at) => at * 160));
    await simulation.run(100);
    expect((await reader.read()).value?.timestamp).toBeGreaterThan(190 * 160);
    expect(() => endpoint.audioIn()).toThrow(
      expect.objectContaining({ code: 'MEDIA_WRONG_STATE' }),
    );
    await endpoint.close();
    for (;;) if ((await reader.read()).done) break;
    await engine.close();
  });

  it('makes a fast writer wait, and lets it finish', async () => {
    const { simulation, engine, phone, endpoint } = await story();
    const writer = endpoint.audioOut().getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) {
        const samples = new Int16Array(160).fill(8031);
        await writer.write({ samples, sampleRate: 8000, timestamp: written * 160 });
      }
      await writer.close();
    })();
    await simulation.run(200);
    expect(written).toBeLessThan(35);
    await simulation.run(3000);
    await writing;
    const loud = phone.rtp.filter(({ payload }) => payload.every((byte) => byte !== 0xff));
    expect(loud).toHaveLength(100);
    await engine.close();
  });

  it('waits on hold with what it plays', async () => {
    const { simulation, engine, phone, endpoint } = await story();
    await endpoint.acceptOffer(phone.describe('0', 'a=sendonly'));
    const { finished, stop } = endpoint.play({ type: 'tone', frequencyHz: 440 });
    await simulation.run(5000);
    await endpoint.acceptOffer(phone.describe('0'));
    await simulation.run(1000);
    stop();
    const { playedMs } = await finished;
    expect(playedMs).toBeGreaterThan(960);
    expect(playedMs).toBeLessThan(1020);
    await engine.close();
  });

  it('of a newer source ends the older one', async () => {
    const { simulation, engine, endpoint } = await story();
    const first = endpoint.play({ type: 'tone', frequencyHz: 440 });
    await simulation.run(100);
    const second = endpoint.play({ type: 'tone', frequencyHz: 660 });
    expect(await first.finished).toMatchObject({ stopped: true });
    await engine.close();
    expect(await second.finished).toMatchObject({ stopped: true });
  });
});
