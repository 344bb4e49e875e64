import { describe, expect, it } from 'vitest';
import { during, finish, Registrar, scene } from './scene.ts';

/** Two servers of one domain by DNS: `first` is to be asked before `second` (RFC 2782). */
function twoServers() {
  const all = scene({ client: { uri: 'sip:alice@duo.example' } });
  const { simulation, alice } = all;
  const [first, second] = (['first', 'second'] as const).map((name) => {
    const server = new Registrar(simulation, { name, domain: `${name}.duo.example` });
    simulation.network.dns.add(`${name}.duo.example`, { type: 'a', address: server.host.address });
    return server;
  });
  if (first === undefined || second === undefined) throw new Error('two servers');
  simulation.network.dns.add(
    '_sip._udp.duo.example',
    { type: 'srv', priority: 10, weight: 0, target: 'first.duo.example', port: 5060 },
    { type: 'srv', priority: 20, weight: 0, target: 'second.duo.example', port: 5060 },
  );
  const end = async (): Promise<void> => {
    await finish(all);
    for (const { layer } of [first, second]) layer.close();
    simulation.assertQuiet({ first: first.layer, second: second.layer });
  };
  return { simulation, client: alice.client, alice, first, second, end };
}

describe('two servers of a domain (RFC 3263 §4.3)', () => {
  it('the better one is asked, and it alone', async () => {
    const { simulation, client, first, second, end } = twoServers();
    await during(simulation, client.register());
    expect([first.bindings.size, second.bindings.size]).toEqual([1, 0]);
    await end();
    expect(second.seen).toEqual([]);
  });

  it('the other one is registered at where the first answers 503, at once', async () => {
    const { simulation, client, alice, first, second, end } = twoServers();
    first.status = 503;
    await during(simulation, client.register());
    expect(simulation.clock.now()).toBeLessThan(200);
    expect(second.bindings.size).toBe(1);
    expect(alice.told).toEqual(['registered']); // nothing of it was a failure
    expect(alice.keptTo).toBe(second.host.address); // whose way to us is kept open
    await end();
  });

  it('the other one is registered at where the first is dead, after 32 s (timer F)', async () => {
    const { simulation, client, second, end } = twoServers();
    simulation.network.partition('first');
    await during(simulation, client.register());
    expect(Math.abs(simulation.clock.now() - 32_000)).toBeLessThan(500);
    expect(second.bindings.size).toBe(1);
    simulation.network.heal('first');
    await end();
  });

  it('the first has it again with the refresh after it is back', async () => {
    const { simulation, client, first, second, end } = twoServers();
    first.status = 503;
    await during(simulation, client.register());
    first.status = undefined;
    expect(first.bindings.size).toBe(0);
    await simulation.run(241_000);
    expect(first.bindings.size).toBe(1);
    expect(second.seen).toHaveLength(2); // once without a proof, once with it
    await end();
  });

  it('a call takes the other one where the first answers 503', async () => {
    const { simulation, client, first, second, end } = twoServers();
    first.status = 503;
    second.status = 486;
    const call = await during(simulation, client.call('bob'));
    expect(await during(simulation, call.answered())).toMatchObject({ why: 'busy' });
    expect(first.seen.map(({ method }) => method)).toEqual(['INVITE']);
    await end();
  });

  it('a call takes the other one where the first is dead', async () => {
    const { simulation, client, second, end } = twoServers();
    simulation.network.partition('first');
    second.status = 486;
    const call = await during(simulation, client.call('bob'));
    expect(await during(simulation, call.answered())).toMatchObject({ why: 'busy' });
    simulation.network.heal('first');
    await end();
  });
});
