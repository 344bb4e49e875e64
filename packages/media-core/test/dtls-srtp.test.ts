import { createSimulation, type Simulation } from '@strowger/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaEndpoint, MediaEngine, MediaEngineOptions } from '../src/index.ts';
import { engineOn, listening } from './simulated.ts';

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
});

function engine(
  simulation: Simulation,
  name: string,
  last: number,
  options: Partial<MediaEngineOptions> = { srtp: 'required', keying: ['dtls'] },
): MediaEngine {
  const made = engineOn(simulation, { name, address: `10.0.0.${last}` }, options);
  engines.push(made);
  return made;
}

async function negotiate(from: MediaEndpoint, to: MediaEndpoint): Promise<string> {
  const offer = await from.createOffer();
  await from.acceptAnswer(await to.acceptOffer(offer));
  return offer;
}

const SECURED = { type: 'secured', keying: 'dtls', suite: 'AEAD_AES_128_GCM' };

describe('media with keys by DTLS', () => {
  it('is heard, with reports, once the handshake is over (RFC 5764, RFC 7983)', async () => {
    const simulation = createSimulation({ seed: 1, ladder: false });
    const alice = await listening(engine(simulation, 'alice', 1));
    const bob = await listening(engine(simulation, 'bob', 2));
    const offer = await negotiate(alice.endpoint, bob.endpoint);
    expect(offer).toContain(' UDP/TLS/RTP/SAVP 0 8 9 111 101\r\n');
    expect(offer).toContain('\r\na=setup:actpass\r\na=fingerprint:sha-256 ');
    await simulation.run(20_000);
    for (const { endpoint, events } of [alice, bob]) {
      expect(events.slice(0, 1)).toEqual([SECURED]);
      const stats = await endpoint.stats();
      expect(stats).toMatchObject({ srtp: 'AEAD_AES_128_GCM', unauthentic: 0, unwanted: 0 });
      expect(stats.packetsReceived).toBeGreaterThan(900);
      expect(stats.roundTripMs).toBeDefined();
    }
  });

  it('keeps its connection through later rounds, whoever offers', async () => {
    const simulation = createSimulation({ seed: 2, ladder: false });
    const alice = await listening(engine(simulation, 'alice', 1));
    const bob = await listening(engine(simulation, 'bob', 2));
    await negotiate(alice.endpoint, bob.endpoint);
    await simulation.run(1000);
    await negotiate(bob.endpoint, alice.endpoint);
    await simulation.run(1000);
    await negotiate(alice.endpoint, bob.endpoint);
    await simulation.run(1000);
    for (const { endpoint, events } of [alice, bob]) {
      expect(events.filter(({ type }) => type === 'secured')).toEqual([SECURED]);
      const stats = await endpoint.stats();
      expect(stats.unauthentic).toBe(0);
      expect(stats.packetsReceived).toBeGreaterThan(140);
    }
  });

  it('says nothing in the clear before, and fails with a peer of another certificate', async () => {
    const simulation = createSimulation({ seed: 3, ladder: false });
    const alice = await listening(engine(simulation, 'alice', 1));
    const bob = await listening(engine(simulation, 'bob', 2));
    const answer = await bob.endpoint.acceptOffer(await alice.endpoint.createOffer());
    // one nibble of it is another one
    const forged = answer.replace(/(fingerprint:sha-256 )(.)/, (_, name: string, nibble: string) =>
      name.concat(nibble === 'A' ? 'B' : 'A'),
    );
    await alice.endpoint.acceptAnswer(forged);
    await simulation.run(40_000);
    const message = 'The certificate has another fingerprint';
    expect(alice.events.at(0)).toEqual({ type: 'failed', code: 'DTLS_FAILED', message });
    expect(bob.events.at(0)).toMatchObject({ type: 'failed', code: 'DTLS_FAILED' });
    for (const { endpoint } of [alice, bob]) {
      expect(await endpoint.stats()).toMatchObject({ packetsSent: 0, packetsReceived: 0 });
    }
  });

  it('goes through a relay whose other end has keys in the description, or none', async () => {
    for (const far of ['required', 'off'] as const) {
      const simulation = createSimulation({ seed: 4, ladder: false });
      const alice = await listening(engine(simulation, 'alice', 1));
      const bob = await listening(engine(simulation, 'bob', 2, { srtp: far, keying: ['sdes'] }));
      const pbx = engine(simulation, 'pbx', 3, {});
      const relay = await pbx.openRelay({
        label: 'relay',
        srtp: { a: 'required', b: far },
        onEvent() {},
      });
      const answering = relay.a.acceptOffer(await alice.endpoint.createOffer());
      const forward = await relay.b.createOffer();
      await relay.b.acceptAnswer(await bob.endpoint.acceptOffer(forward));
      await alice.endpoint.acceptAnswer(await answering);
      await simulation.run(3000);
      for (const { endpoint } of [alice, bob]) {
        expect((await endpoint.stats()).packetsReceived, far).toBeGreaterThan(80);
      }
      expect((await alice.endpoint.stats()).srtp).toBe('AEAD_AES_128_GCM');
      expect((await bob.endpoint.stats()).srtp !== undefined).toBe(far === 'required');
    }
  });

  it('comes by DTLS where the other side has nothing else', async () => {
    const simulation = createSimulation({ seed: 5, ladder: false });
    const alice = await listening(engine(simulation, 'alice', 1));
    const bob = await listening(engine(simulation, 'bob', 2, {}));
    await negotiate(alice.endpoint, bob.endpoint);
    await simulation.run(1000);
    expect(bob.events).toContainEqual(SECURED);
  });
});
