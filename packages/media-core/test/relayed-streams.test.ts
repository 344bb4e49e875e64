import { expect, it } from 'vitest';
import { createAudioAnswer, type MediaEngine } from '../src/index.ts';
import { engineOn, mediaSimulation, RawPhone } from './simulated.ts';

/** A stream whose other side is a phone. */
async function streamTo(engine: MediaEngine, phone: RawPhone) {
  const stream = await engine.openStream({ label: 'test', onEvent: () => {} });
  const settings = { ...stream.local, sessionId: '1', codecs: ['pcmu'] };
  const answered = createAudioAnswer(phone.describe('0'), settings);
  if (!answered.ok) throw new Error(answered.reason.message);
  await stream.configure(answered.config);
  return stream;
}

it('goes on in the time of a relay when it speaks for itself again', async () => {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'pbx', address: '10.0.0.9' });
  const alice = await RawPhone.on(simulation, { name: 'alice', address: '10.0.0.1' });
  const bob = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
  const [fromAlice, toBob] = [await streamTo(engine, alice), await streamTo(engine, bob)];
  await fromAlice.relayTo(toBob); // before it has said anything itself
  for (let sequence = 0; sequence < 50; sequence++) {
    alice.send(fromAlice.local, { sequence, timestamp: sequence * 160 });
    await simulation.run(20);
  }
  await fromAlice.endRelay();
  await simulation.run(1000);
  const { rtp } = bob;
  expect(rtp.length).toBeGreaterThan(95);
  expect(new Set(rtp.map(({ ssrc }) => ssrc)).size).toBe(1);
  const steps = rtp.slice(1).map((packet, at) => ({
    sequence: (packet.sequence - (rtp[at]?.sequence ?? 0)) & 0xffff,
    timestamp: (packet.timestamp - (rtp[at]?.timestamp ?? 0)) >>> 0,
  }));
  expect(steps.every(({ sequence }) => sequence === 1)).toBe(true);
  const longest = Math.max(...steps.map(({ timestamp }) => timestamp)); // a jump back is huge
  expect(longest).toBeLessThanOrEqual(2 * 160);
  await engine.close();
});
