import { describe, expect, it } from 'vitest';
import { type MediaEndpointEvent, pcmuDecode, pcmuEncode } from '../src/index.ts';
import { engineOn, mediaSimulation, RawPhone } from './simulated.ts';

/** A voice in syllables. */
function voiceAt(at: number): number {
  const t = at / 8000;
  const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.5 * t));
  let sum = 0;
  for (let k = 2; k < 16; k++) sum += Math.sin(2 * Math.PI * 120 * k * t + k * k);
  return 1500 * syllable * sum;
}

async function story() {
  const simulation = mediaSimulation();
  const engine = engineOn(simulation, { name: 'alice', address: '10.0.0.1' });
  const phone = await RawPhone.on(simulation, { name: 'bob', address: '10.0.0.2' });
  const events: MediaEndpointEvent[] = [];
  const endpoint = await engine.openEndpoint({
    label: 'test',
    speech: { silenceMs: 60_000, deadAirMs: 2000 },
    onEvent: (event) => events.push(event),
  });
  await endpoint.acceptOffer(phone.describe('0'));
  const to = (await endpoint.stats()).local ?? { address: '', port: 0 };
  /** Slot by slot the phone sends what it hears, 20 dB down, and what is said into it. */
  const talk = async (slots: number, mouth?: (at: number) => number): Promise<void> => {
    for (let slot = 0; slot < slots; slot++) {
      const earpiece = pcmuDecode(Uint8Array.from(phone.rtp.at(-1)?.payload ?? []));
      const samples = Int16Array.from({ length: 160 }, (_, at) => {
        return (earpiece[at] ?? 0) / 10 + (mouth?.(160 * slot + at) ?? 0);
      });
      const sequence = phone.rtp.length;
      phone.send(to, { sequence, timestamp: 160 * sequence }, [...pcmuEncode(samples)]);
      await simulation.run(20);
    }
  };
  const told = (): string[] =>
    events.map(({ type }) => type).filter((type) => /^speech|^deadAir/.test(type));
  const samples = Int16Array.from({ length: 8 * 8000 }, (_, at) => voiceAt(at));
  const stream = ReadableStream.from([{ samples, sampleRate: 8000, timestamp: 0 }]);
  const prompt = { type: 'stream', stream } as const;
  return { engine, endpoint, talk, told, prompt };
}

describe('an endpoint that listens for speech', () => {
  it('does not take its own prompt for speech, and hears who barges in', async () => {
    const { engine, endpoint, talk, told, prompt } = await story();
    endpoint.play(prompt);
    await talk(150);
    expect(told()).toEqual([]);
    await talk(50, voiceAt);
    expect(told()).toEqual(['speechStarted']);
    await endpoint.clear();
    await talk(100);
    expect(told()).toEqual(['speechStarted', 'speechEnded']);
    await talk(100);
    expect(told()).toEqual(['speechStarted', 'speechEnded', 'deadAir']);
    await engine.close();
  });
});
