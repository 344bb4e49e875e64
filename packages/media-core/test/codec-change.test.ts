import { expect, it, onTestFinished } from 'vitest';
import { engineOn, listening, mediaSimulation } from './simulated.ts';

const OWN = new URL('own-codec.mjs', import.meta.url);

it('never gives a number to another codec within a session (RFC 3264 §8.3.2)', async () => {
  const simulation = mediaSimulation();
  const custom = ['one', 'two'].map((name) => ({ name, clockRate: 8000, module: OWN }));
  const engine = engineOn(
    simulation,
    { name: 'alice', address: '10.0.0.1' },
    { codecs: ['pcmu', ...custom] },
  );
  onTestFinished(() => engine.close());
  const { endpoint } = await listening(engine, ['one', 'pcmu']);
  const named = new Map<string, Set<string>>();
  for (const codecs of [undefined, ['pcmu'], ['two', 'pcmu'], ['two', 'one'], ['one', 'pcmu']]) {
    const offer = await endpoint.createOffer(codecs && { codecs });
    await endpoint.rollback();
    for (const [, type = '', codec = ''] of offer.matchAll(/^a=rtpmap:(\d+) (\S+)/gmu)) {
      named.set(type, (named.get(type) ?? new Set()).add(codec));
    }
  }
  expect([...named.values()].map(({ size }) => size)).toEqual([...named.keys()].map(() => 1));
  expect([...named.values()].flatMap((codecs) => [...codecs])).toEqual(
    expect.arrayContaining(['one/8000', 'two/8000', 'PCMU/8000']),
  );
});
