import { createSimulation, type Simulation } from '@strowger/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaEndpoint, MediaEngine, MediaEngineOptions } from '../src/index.ts';
import { engineOn } from './simulated.ts';

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
});

type Ice = 'off' | 'full' | 'lite';

async function side(
  simulation: Simulation,
  name: string,
  last: number,
  { offers, ...options }: Partial<MediaEngineOptions> & { offers?: Ice },
) {
  const host = { name, address: `10.0.0.${last}` };
  const engine = engineOn(simulation, host, options);
  engines.push(engine);
  const events: { type: string }[] = [];
  const endpoint = await engine.openEndpoint({
    label: name,
    ...(offers && { ice: offers }),
    onEvent: (event) => events.push(event),
  });
  return { engine, endpoint, events };
}

async function negotiate(from: MediaEndpoint, to: MediaEndpoint) {
  const offer = await from.createOffer();
  const answer = await to.acceptOffer(offer);
  await from.acceptAnswer(answer);
  return { offer, answer };
}

const BROWSER = { srtp: 'required', keying: ['dtls'] } as const;

describe('an endpoint with ICE (RFC 8445)', () => {
  it.each([
    ['full', 'full'],
    ['full', 'lite'],
    ['lite', 'full'],
    ['lite', 'lite'],
  ] as const)('as %s meets a %s one, under DTLS', async (near, far) => {
    const simulation = createSimulation({ seed: 1, ladder: false });
    const alice = await side(simulation, 'alice', 1, { ...BROWSER, offers: near });
    const bob = await side(simulation, 'bob', 2, { ice: far });
    const { offer, answer } = await negotiate(alice.endpoint, bob.endpoint);
    expect(offer).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF /m);
    for (const text of [offer, answer]) expect(text).toMatch(/^a=candidate:/m);
    expect(answer.includes('a=ice-lite')).toBe(far === 'lite');
    await simulation.run(60_000);
    for (const { endpoint, events } of [alice, bob]) {
      expect(events.map(({ type }) => type)).toEqual(['secured', 'started']);
      const stats = await endpoint.stats();
      expect(stats).toMatchObject({ unauthentic: 0, strangers: 0, unwanted: 0 });
      expect(stats.packetsReceived).toBeGreaterThan(2900);
      expect(stats.roundTripMs).toBeDefined();
    }
  });

  it('is met without it by who does not offer it, and offers it no more', async () => {
    const simulation = createSimulation({ seed: 2, ladder: false });
    const alice = await side(simulation, 'alice', 1, {});
    const bob = await side(simulation, 'bob', 2, { ice: 'full' });
    const { offer, answer } = await negotiate(alice.endpoint, bob.endpoint);
    const { offer: later } = await negotiate(bob.endpoint, alice.endpoint);
    for (const text of [offer, answer, later]) expect(text).not.toMatch(/ice|AVPF|candidate/);
    await simulation.run(1000);
    expect((await alice.endpoint.stats()).packetsReceived).toBeGreaterThan(40);
  });

  it('begins anew where the other side does, without a gap or another handshake', async () => {
    const simulation = createSimulation({ seed: 3, ladder: false });
    const alice = await side(simulation, 'alice', 1, { ...BROWSER, offers: 'full' });
    const bob = await side(simulation, 'bob', 2, { ice: 'full' });
    const first = await negotiate(alice.endpoint, bob.endpoint);
    await simulation.run(3000);
    const before = (await bob.endpoint.stats()).packetsReceived;
    const offer = await alice.endpoint.createOffer({ iceRestart: true });
    const answer = await bob.endpoint.acceptOffer(offer);
    await alice.endpoint.acceptAnswer(answer);
    for (const [old, now] of [
      [first.offer, offer],
      [first.answer, answer],
    ] as const) {
      expect(now.match(/ice-ufrag:(.*)/)?.[1]).not.toBe(old.match(/ice-ufrag:(.*)/)?.[1]);
    }
    await simulation.run(3000);
    expect((await bob.endpoint.stats()).packetsReceived - before).toBeGreaterThan(148);
    expect(bob.events.map(({ type }) => type)).toEqual(['secured', 'started']);
    await simulation.run(60_000);
    expect(bob.events.map(({ type }) => type)).toEqual(['secured', 'started']);
  });

  it('takes candidates that come later, of this generation alone', async () => {
    const simulation = createSimulation({ seed: 7, ladder: false });
    const alice = await side(simulation, 'alice', 1, { ...BROWSER, offers: 'full' });
    const bob = await side(simulation, 'bob', 2, { ice: 'full' });
    const offer = await alice.endpoint.createOffer();
    const answer = await bob.endpoint.acceptOffer(offer.replace(/a=candidate.*\r\n/g, ''));
    const candidates = answer.match(/a=candidate.*\r\n/g)?.join('') ?? '';
    await alice.endpoint.acceptAnswer(answer.replace(candidates, ''));
    await simulation.run(2000);
    expect((await alice.endpoint.stats()).packetsReceived).toBe(0);
    const credentials = answer.match(/a=ice-(?:ufrag|pwd).*\r\n/g)?.join('') ?? '';
    const other = credentials.replace('a=ice-ufrag:', 'a=ice-ufrag:x');
    await alice.endpoint.addCandidates(`${other}m=audio 9 RTP/AVP 0\r\n${candidates}`);
    await simulation.run(2000);
    expect((await alice.endpoint.stats()).packetsReceived).toBe(0);
    await expect(alice.endpoint.addCandidates('hello')).rejects.toMatchObject({
      code: 'MEDIA_NOT_ACCEPTABLE',
    });
    await alice.endpoint.addCandidates(`${credentials}m=audio 9 RTP/AVP 0\r\n${candidates}`);
    await simulation.run(2000);
    for (const { endpoint } of [alice, bob]) {
      expect((await endpoint.stats()).packetsReceived).toBeGreaterThan(80);
    }
  });

  it('checks no address where media may not go', async () => {
    const simulation = createSimulation({ seed: 8, ladder: false });
    const alice = await side(simulation, 'alice', 1, { ...BROWSER, offers: 'full' });
    const bob = await side(simulation, 'bob', 2, { ice: 'full', remotes: { edge: 'public' } });
    const offer = await alice.endpoint.createOffer();
    const inside = offer.replaceAll('10.0.0.1', '127.0.0.1');
    await alice.endpoint.acceptAnswer(await bob.endpoint.acceptOffer(inside));
    await simulation.run(3000);
    // the other side's own checks come from where it is
    const { remote, packetsReceived } = await bob.endpoint.stats();
    expect(remote?.address).toBe('10.0.0.1');
    expect(packetsReceived).toBeGreaterThan(100);
  });

  it('fails where no address works', async () => {
    const simulation = createSimulation({ seed: 4, ladder: false });
    const alice = await side(simulation, 'alice', 1, { ...BROWSER, offers: 'full' });
    const bob = await side(simulation, 'bob', 2, { ice: 'full' });
    const offer = await alice.endpoint.createOffer();
    const answer = await bob.endpoint.acceptOffer(offer);
    await alice.endpoint.acceptAnswer(answer.replaceAll('10.0.0.2', '10.9.9.9'));
    await bob.engine.close();
    await simulation.run(45_000);
    expect(alice.events).toContainEqual({
      type: 'failed',
      code: 'ICE_FAILED',
      message: 'No addresses work',
    });
    expect((await alice.endpoint.stats()).packetsSent).toBe(0);
  });

  it('relays between a browser and a phone that knows neither', async () => {
    for (const ice of ['full', 'lite'] as const) {
      const simulation = createSimulation({ seed: 5, ladder: false });
      const alice = await side(simulation, 'alice', 1, { ...BROWSER, offers: 'full' });
      const bob = await side(simulation, 'bob', 2, { srtp: 'off' });
      const { engine: pbx } = await side(simulation, 'pbx', 3, { ice });
      const relay = await pbx.openRelay({ label: 'relay', onEvent() {} });
      const answering = relay.a.acceptOffer(await alice.endpoint.createOffer());
      const forward = await relay.b.createOffer();
      expect(forward).toMatch(/^m=audio \d+ RTP\/AVP 0/m);
      expect(forward).not.toMatch(/ice|candidate|fingerprint/);
      await relay.b.acceptAnswer(await bob.endpoint.acceptOffer(forward));
      await alice.endpoint.acceptAnswer(await answering);
      await simulation.run(3000);
      for (const { endpoint } of [alice, bob]) {
        expect((await endpoint.stats()).packetsReceived, ice).toBeGreaterThan(120);
      }
    }
  });

  it('calls a browser from a phone that knows neither', async () => {
    const simulation = createSimulation({ seed: 6, ladder: false });
    const alice = await side(simulation, 'alice', 1, { srtp: 'off' });
    const bob = await side(simulation, 'bob', 2, { ...BROWSER, ice: 'full' });
    const { engine: pbx } = await side(simulation, 'pbx', 3, { ice: 'lite' });
    const relay = await pbx.openRelay({
      label: 'relay',
      srtp: { a: 'optional', b: 'required' },
      keying: { a: ['sdes', 'dtls'], b: ['dtls'] },
      ice: { a: 'off', b: 'lite' },
      onEvent() {},
    });
    const answering = relay.a.acceptOffer(await alice.endpoint.createOffer());
    const forward = await relay.b.createOffer();
    expect(forward).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0/m);
    await relay.b.acceptAnswer(await bob.endpoint.acceptOffer(forward));
    await alice.endpoint.acceptAnswer(await answering);
    await simulation.run(3000);
    for (const { endpoint } of [alice, bob]) {
      expect((await endpoint.stats()).packetsReceived).toBeGreaterThan(120);
    }
  });
});
