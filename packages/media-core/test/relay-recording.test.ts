import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toneShare } from '../src/index.ts';
import { listenToOgg } from './ogg.ts';
import { engineOn, listening, mediaSimulation } from './simulated.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strowger-relay-recording-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A caller who says 440 Hz and a callee who says 1000 Hz, over a relay. */
async function call(codec = 'pcmu') {
  const simulation = mediaSimulation();
  const pbx = engineOn(simulation, { name: 'pbx', address: '10.0.0.1' });
  const phones = engineOn(simulation, { name: 'phones', address: '10.0.0.2' });
  const { endpoint: caller } = await listening(phones, [codec]);
  const { endpoint: callee } = await listening(phones, [codec]);
  const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
  const answering = relay.a.acceptOffer(await caller.createOffer());
  await relay.b.acceptAnswer(await callee.acceptOffer(await relay.b.createOffer()));
  await caller.acceptAnswer(await answering);
  caller.play({ type: 'tone', frequencyHz: 440, levelDbm0: -10 });
  callee.play({ type: 'tone', frequencyHz: 1000, levelDbm0: -10 });
  await simulation.run(500);
  const close = async (): Promise<void> => {
    await Promise.all([pbx.close(), phones.close()]);
    expect(pbx.usage()).toEqual({ endpoints: 0, ports: 0 });
  };
  return { simulation, relay, caller, callee, close };
}

/** Samples of both channels of 16-bit PCM behind a plain head. */
async function channelsOf(path: string): Promise<{ left: Int16Array; right: Int16Array }> {
  const bytes = await readFile(path);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44));
  return {
    left: samples.filter((_, at) => at % 2 === 0),
    right: samples.filter((_, at) => at % 2 === 1),
  };
}

describe('a recording of a relayed call', () => {
  it('has the party of its end on the left and the other one on the right', async () => {
    const { simulation, relay, close } = await call();
    const path = join(folder, 'call.wav');
    const recording = await relay.a.record(path, { channels: 'stereo' });
    await simulation.run(2000);
    const { durationMs, lostMs } = await recording.stop();
    expect({ durationMs, lostMs }).toEqual({ durationMs: 2000, lostMs: 0 });
    const { left, right } = await channelsOf(path);
    expect(toneShare(left.subarray(1600), 8000, 440)).toBeGreaterThan(0.9);
    expect(toneShare(right.subarray(1600), 8000, 1000)).toBeGreaterThan(0.9);
    await close();
  });

  it('is Opus in Ogg of a call in Opus, without what was said while it was paused', async () => {
    const { simulation, relay, close } = await call('opus');
    const path = join(folder, 'call.ogg');
    const recording = await relay.b.record(path, { channels: 'stereo', format: 'ogg' });
    await simulation.run(1000);
    recording.pause();
    await simulation.run(2000);
    recording.resume();
    await simulation.run(1000);
    expect((await recording.stop()).durationMs).toBe(2000);
    const [left, right] = await listenToOgg(new Uint8Array(await readFile(path)));
    if (left === undefined || right === undefined) throw new Error('two channels');
    expect(toneShare(left.subarray(9600), 48_000, 1000)).toBeGreaterThan(0.9);
    expect(toneShare(right.subarray(9600), 48_000, 440)).toBeGreaterThan(0.9);
    await close();
  });

  it('is complete when the call is over, and one at a time', async () => {
    const { simulation, relay, close } = await call();
    const chunks: Uint8Array[] = [];
    const stream = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) });
    const recording = await relay.a.record({ type: 'stream', stream });
    await expect(relay.a.record(join(folder, 'two.wav'))).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await simulation.run(1000);
    await relay.a.close();
    expect((await recording.stop()).durationMs).toBe(1000);
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(44 + 16_000);
    await close();
  });

  it('goes on through a hold, and what is agreed anew after it', async () => {
    const { simulation, relay, caller, callee, close } = await call('pcmu');
    const path = join(folder, 'changed.wav');
    const recording = await relay.a.record(path, { channels: 'stereo' });
    await simulation.run(1000);
    // held and taken back: the formats are agreed anew
    for (const direction of ['sendonly', 'sendrecv'] as const) {
      const answering = relay.a.acceptOffer(await caller.createOffer({ direction }));
      await relay.b.acceptAnswer(await callee.acceptOffer(await relay.b.createOffer()));
      await caller.acceptAnswer(await answering);
      await simulation.run(1000);
    }
    expect((await recording.stop()).durationMs).toBe(3000);
    const { left, right } = await channelsOf(path);
    expect(toneShare(left.subarray(17_600), 8000, 440)).toBeGreaterThan(0.9);
    expect(toneShare(right.subarray(17_600), 8000, 1000)).toBeGreaterThan(0.9);
    expect(right.subarray(10_000, 15_000).every((sample) => Math.abs(sample) < 100)).toBe(true);
    await close();
  });

  it('needs a call: before anything is agreed there is nothing to record', async () => {
    const simulation = mediaSimulation();
    const pbx = engineOn(simulation, { name: 'pbx', address: '10.0.0.1' });
    const relay = await pbx.openRelay({ label: 'call', onEvent: () => {} });
    await expect(relay.a.record(join(folder, 'none.wav'))).rejects.toMatchObject({
      code: 'MEDIA_WRONG_STATE',
    });
    await pbx.close();
  });
});
