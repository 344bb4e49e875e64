import type { Endpoint } from '@strowger/runtime';
import type { Simulation } from '@strowger/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaEndpointEvent, MediaEngine, MediaEngineOptions } from '../src/index.ts';
import { ATTRIBUTES, METHODS, readStun, writeStun, xorAddress } from '../src/stun/index.ts';
import { engineOn, mediaSimulation } from './simulated.ts';

const engines: MediaEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((one) => one.close()));
});

const SEEN_AT = { address: '192.0.2.77', port: 40_404 };
const STUN = { address: '10.0.0.9', port: 3478 };

/** A STUN server that thinks for a while, and sees everybody at the same place (RFC 8489). */
async function slowServer(simulation: Simulation, afterMs: number): Promise<void> {
  const { runtime } = simulation.network.host('stun', { address: STUN.address });
  const socket = await runtime.datagrams.open({
    ...STUN,
    onPacket: (packet: Uint8Array, from: Endpoint) => {
      const request = readStun(packet);
      if (request === undefined) return;
      const { transaction } = request;
      const mapped = xorAddress(SEEN_AT, transaction);
      const attributes = [[ATTRIBUTES.xorMappedAddress, mapped]] as const;
      const kind = 'success';
      const answer = writeStun({ kind, method: METHODS.binding, transaction, attributes });
      runtime.clock.arm(afterMs, () => socket.send(answer, from));
    },
  });
}

async function side(
  simulation: Simulation,
  at: number,
  options: Partial<MediaEngineOptions> & { offersIce?: boolean },
) {
  const { offersIce = false, ...rest } = options;
  const host = { name: `side${at}`, address: `10.0.0.${at}` };
  const engine = engineOn(simulation, host, { ice: 'full', ...rest });
  engines.push(engine);
  const events: MediaEndpointEvent[] = [];
  const ice = offersIce ? ({ ice: 'full' } as const) : {};
  const onEvent = (event: MediaEndpointEvent): unknown => events.push(event);
  const endpoint = await engine.openEndpoint({ label: host.name, ...ice, onEvent });
  const fragments = () =>
    events.flatMap((event) => (event.type === 'candidate' ? [event.fragment] : []));
  return { engine, endpoint, events, fragments };
}

const trickle = { trickle: true };

describe('candidates that come later (RFC 8840)', () => {
  it('do not hold up the answer to a side that takes them, and are told with their end', async () => {
    const simulation = mediaSimulation();
    await slowServer(simulation, 700);
    const alice = await side(simulation, 1, { offersIce: true });
    const bob = await side(simulation, 2, { stunServers: [STUN] });
    const offer = await alice.endpoint.createOffer(trickle);
    expect(offer).toContain('a=ice-options:trickle\r\n');
    expect(offer).toContain('a=end-of-candidates\r\n'); // half trickle: all of ours is there
    // no time passes until there is an answer
    const answer = await bob.endpoint.acceptOffer(offer, trickle);
    expect(answer).toContain('a=ice-options:trickle\r\n');
    expect(answer).not.toContain('end-of-candidates');
    expect(answer.match(/a=candidate:/g)).toHaveLength(1);
    await alice.endpoint.acceptAnswer(answer);
    await simulation.run(2000);
    const [fragment = '', ...more] = bob.fragments();
    expect(more).toEqual([]);
    expect(fragment).toContain(`${SEEN_AT.address} ${SEEN_AT.port} typ srflx`);
    expect(fragment).toMatch(/a=end-of-candidates\r\n$/);
    const ufrag = (text: string) => /ice-ufrag:(.*)\r/.exec(text)?.[1];
    expect(ufrag(fragment)).toBe(ufrag(answer));
    await alice.endpoint.addCandidates(fragment);
    await simulation.run(2000);
    for (const { endpoint, events } of [alice, bob]) {
      expect((await endpoint.stats()).packetsReceived).toBeGreaterThan(150);
      expect(events.filter(({ type }) => type === 'failed')).toEqual([]);
    }
  });

  it.each([
    { what: 'does not say that it takes them', offered: {}, wanted: trickle },
    { what: 'is not to get them', offered: trickle, wanted: {} },
  ])('are waited for where the other side $what', async ({ offered, wanted }) => {
    const simulation = mediaSimulation();
    await slowServer(simulation, 700);
    const alice = await side(simulation, 1, { offersIce: true });
    const bob = await side(simulation, 2, { stunServers: [STUN] });
    const offer = await alice.endpoint.createOffer(offered);
    const answering = bob.endpoint.acceptOffer(offer, wanted);
    await simulation.run(800);
    const answer = await answering;
    expect(answer).toContain(`${SEEN_AT.address} ${SEEN_AT.port} typ srflx`);
    expect(answer).not.toContain('ice-options');
    await simulation.run(2000);
    expect(bob.fragments()).toEqual([]);
  });

  it('are told to nobody once it is over, and nothing is asked any more', async () => {
    const simulation = mediaSimulation();
    await slowServer(simulation, 700);
    const alice = await side(simulation, 1, { offersIce: true });
    const bob = await side(simulation, 2, { stunServers: [STUN] });
    const offer = await alice.endpoint.createOffer(trickle);
    await bob.endpoint.acceptOffer(offer, trickle);
    await bob.endpoint.close();
    await simulation.run(3000);
    expect(bob.fragments()).toEqual([]);
  });

  it('are told of the end of a relay that has answered', async () => {
    const simulation = mediaSimulation();
    await slowServer(simulation, 700);
    const alice = await side(simulation, 1, { offersIce: true });
    const far = await side(simulation, 3, { ice: 'off' });
    const pbx = engineOn(
      simulation,
      { name: 'pbx', address: '10.0.0.4' },
      { ice: 'full', stunServers: [STUN] },
    );
    engines.push(pbx);
    const told: string[] = [];
    const relay = await pbx.openRelay({
      label: 'call',
      ice: { a: 'full', b: 'off' },
      onEvent: (end, event) => {
        if (event.type === 'candidate') told.push(`${end} ${event.fragment}`);
      },
    });
    const answering = relay.a.acceptOffer(await alice.endpoint.createOffer(trickle), trickle);
    await relay.b.acceptAnswer(await far.endpoint.acceptOffer(await relay.b.createOffer()));
    await alice.endpoint.acceptAnswer(await answering);
    await simulation.run(3000);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^a a=ice-ufrag/);
    expect(told[0]).toContain('typ srflx');
    expect((await far.endpoint.stats()).packetsReceived).toBeGreaterThan(80);
  });
});
