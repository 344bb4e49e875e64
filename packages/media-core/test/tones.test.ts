import { describe, expect, it } from 'vitest';
import type { EndpointRequest, MediaEndpointEvent } from '../src/index.ts';
import { engineOn, mediaSimulation } from './simulated.ts';

/** Two of ours in a call; what the second one asks for, and what it is told. */
async function call(asked: Partial<EndpointRequest> = {}) {
  const simulation = mediaSimulation();
  const engines = ['alice', 'bob'].map((name, at) =>
    engineOn(simulation, { name, address: `10.0.0.${at + 1}` }, { codecs: ['g722'] }),
  );
  const [one, other] = engines;
  if (!one || !other) throw new Error('two were made');
  const tones: string[] = [];
  const onEvent = (event: MediaEndpointEvent): void => {
    if (event.type === 'tone') tones.push(event.name);
  };
  const alice = await one.openEndpoint({ label: 'alice', onEvent: () => {} });
  const bob = await other.openEndpoint({ label: 'bob', ...asked, onEvent });
  await alice.acceptAnswer(await bob.acceptOffer(await alice.createOffer()));
  const close = async (): Promise<void> => {
    for (const engine of engines) await engine.close();
  };
  return { simulation, alice, bob, tones, other, close };
}

describe('a tone of the network', () => {
  it('is played by its name and told by its name, whatever the codec', async () => {
    const { simulation, alice, tones, close } = await call({ tones: { country: 'it' } });
    alice.play({ type: 'tone', name: 'ringback', country: 'it' });
    await simulation.run(9000);
    alice.play({ type: 'tone', name: 'busy', country: 'it', levelDbm0: -20 });
    await simulation.run(4000);
    expect(tones).toEqual(['ringback', 'busy']);
    await close();
  });

  it('is not listened for where nobody asks', async () => {
    const { simulation, alice, tones, close } = await call();
    alice.play({ type: 'tone', name: 'busy', country: 'it' });
    await simulation.run(4000);
    expect(tones).toEqual([]);
    await close();
  });

  it('of a country that is not known is refused, played or heard', async () => {
    const { alice, other, close } = await call();
    const playback = alice.play({ type: 'tone', name: 'busy', country: 'xx' });
    await expect(playback.finished).rejects.toMatchObject({ code: 'BAD_TONE' });
    const request = { label: 'x', tones: { country: 'source' }, onEvent: () => {} };
    await expect(other.openEndpoint(request)).rejects.toMatchObject({ code: 'BAD_TONE' });
    await close();
  });
});

describe('who answers a call', () => {
  /** A voice, as harmonics that come and go. */
  const voice = (ms: number): { samples: Int16Array; sampleRate: number; timestamp: number } => ({
    samples: Int16Array.from({ length: 16 * ms }, (_, at) => {
      let sum = 0;
      for (let k = 1; k < 20; k++)
        sum += Math.sin((2 * Math.PI * 140 * k * at) / 16_000 + k * k) / k;
      return 5000 * sum * Math.abs(Math.sin((2 * Math.PI * at) / 8000));
    }),
    sampleRate: 16_000,
    timestamp: 0,
  });

  it('is told once, and the beep of a machine after it', async () => {
    const { simulation, alice, bob, tones, close } = await call();
    const detected = bob.detectAnsweringMachine();
    const out = alice.audioOut().getWriter();
    void out.write(voice(4000));
    await simulation.run(4500);
    expect(await detected).toMatchObject({ answeredBy: 'machine', reason: 'greeting' });
    alice.play({ type: 'tone', frequencyHz: 1000 }, { durationMs: 400 });
    await simulation.run(2000);
    expect(tones).toEqual(['beep']);
    await close();
  });

  it('is a human who waits', async () => {
    const { simulation, alice, bob, close } = await call();
    const detected = bob.detectAnsweringMachine();
    void alice.audioOut().getWriter().write(voice(600));
    await simulation.run(3000);
    expect(await detected).toMatchObject({ answeredBy: 'human', reason: 'pause' });
    await close();
  });

  it('leaves nobody waiting where it begins anew, or the call ends', async () => {
    const { bob, close } = await call();
    const [first, second] = [bob.detectAnsweringMachine(), bob.detectAnsweringMachine()];
    await expect(first).rejects.toMatchObject({ code: 'MEDIA_WRONG_STATE' });
    const ended = expect(second).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await bob.close();
    await ended;
    await expect(bob.detectAnsweringMachine()).rejects.toMatchObject({ code: 'MEDIA_CLOSED' });
    await close();
  });
});
