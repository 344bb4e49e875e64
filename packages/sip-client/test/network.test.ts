import { describe, expect, it } from 'vitest';
import type { Call } from '../src/index.ts';
import { during, finish, type Phone, scene } from './scene.ts';

const ELSEWHERE = '10.9.0.7';

/** Alice is registered, and talks with bob; either has called. */
async function talking(caller: 'alice' | 'bob', transport: 'udp' | 'tcp' = 'udp') {
  const all = scene();
  const { simulation, alice, bob } = all;
  const [calling, called] = caller === 'alice' ? [alice, bob] : [bob, alice];
  const digits: string[] = [];
  const listen = (name: string, call: Call): void => {
    call.session.on('digit', ({ digit }) => digits.push(`${name} ${digit}`));
  };
  const answered = new Promise<Call>((resolve) => {
    called.client.on('incoming', (call) => {
      listen(caller === 'alice' ? 'bob' : 'alice', call);
      void call.answer();
      resolve(call);
    });
  });
  await during(simulation, alice.client.register());
  await called.client.contact();
  const peer = caller === 'alice' ? 'bob' : 'alice';
  const call = await during(
    simulation,
    calling.client.call(`sip:${peer}@${peer};transport=${transport}`),
  );
  listen(caller, call);
  await during(simulation, call.connected);
  await simulation.run(500);
  const other = await answered;
  const calls = caller === 'alice' ? { hers: call, his: other } : { hers: other, his: call };
  return { ...all, ...calls, digits };
}

function contactOf(phone: Phone): string {
  return `sip:alice@${phone.host.address}`;
}

describe('A13 a phone that leaves for another network', () => {
  it.each(['alice', 'bob'] as const)(
    'is registered there, and its call goes on: %s has called',
    async (caller) => {
      const all = await talking(caller);
      const { simulation, alice, registrar, hers, his, digits } = all;
      const before = contactOf(alice);
      const told: string[] = [];
      alice.client.on('networkChanged', ({ address }) => told.push(address));
      expect(registrar.bindings.get('alice')).toContain(before);
      alice.move(ELSEWHERE);
      await simulation.run(2000);
      expect(told).toEqual([ELSEWHERE]);
      expect(registrar.bindings.get('alice')).toContain(`alice@${ELSEWHERE}`);
      expect(registrar.removed.join()).toContain(before);
      expect([hers.state, his.state]).toEqual(['connected', 'connected']);
      expect(his.session.dialog?.remoteTarget.toString()).toContain(ELSEWHERE);
      expect((await hers.stats())?.local?.address).toBe(ELSEWHERE);
      expect((await his.stats())?.remote?.address).toBe(ELSEWHERE);
      await Promise.all([hers.sendDigits('1'), his.sendDigits('2')]);
      await simulation.run(1000);
      expect(digits.toSorted()).toEqual(['alice 2', 'bob 1']);
      await during(simulation, his.hangUp()); // what he sends reaches her where she is
      expect(await during(simulation, hers.ended)).toMatchObject({ kind: 'hungUp', by: 'remote' });
      await finish(all);
    },
  );

  it('stays on hold where it was, and comes back again', async () => {
    const all = await talking('alice');
    const { simulation, alice, hers, his, digits } = all;
    const home = alice.host.address;
    await during(simulation, hers.hold());
    for (const address of [ELSEWHERE, home, ELSEWHERE]) {
      alice.move(address);
      await simulation.run(200);
    }
    await simulation.run(10_000);
    expect([hers.state, his.session.mediaDirection]).toEqual(['onHold', 'recvonly']);
    await during(simulation, hers.resume());
    await his.sendDigits('3');
    await simulation.run(1000);
    expect(digits).toEqual(['alice 3']);
    await during(simulation, hers.hangUp());
    await finish(all);
  });

  it('goes on once the network is there, where it was away for a while', async () => {
    const all = await talking('alice');
    const { simulation, alice, hers, his, digits } = all;
    simulation.network.partition('alice');
    alice.move(ELSEWHERE);
    await simulation.run(5000);
    simulation.network.heal('alice');
    await simulation.run(10_000);
    await his.sendDigits('4');
    await simulation.run(1000);
    expect(digits).toEqual(['alice 4']);
    await during(simulation, hers.hangUp());
    await finish(all);
  });

  it('is long away over a stream, where no try gets out meanwhile', async () => {
    const all = await talking('alice', 'tcp');
    const { simulation, alice, hers, his, digits } = all;
    alice.host.dropConnections();
    simulation.network.partition('alice');
    alice.move(ELSEWHERE);
    await simulation.run(40_000);
    expect([hers.state, his.state]).toEqual(['connected', 'connected']);
    simulation.network.heal('alice');
    await simulation.run(15_000);
    await his.sendDigits('5');
    await simulation.run(1000);
    expect(digits).toEqual(['alice 5']);
    await during(simulation, hers.hangUp());
    await finish(all);
  });

  it('ends the call where the network does not come', async () => {
    const all = await talking('alice', 'tcp');
    const { simulation, alice, hers, his } = all;
    simulation.network.partition('alice');
    alice.move(ELSEWHERE);
    expect(await during(simulation, hers.ended)).toMatchObject({
      kind: 'mediaFailed',
      code: 'NETWORK_CHANGED',
    });
    simulation.network.heal('alice');
    await during(simulation, his.hangUp());
    await finish(all);
  });

  it('does so when the application says it, and not for an address that stays', async () => {
    const all = await talking('alice');
    const { simulation, alice, registrar, hers, his } = all;
    const asked = registrar.seen.length;
    const told: string[] = [];
    alice.client.on('networkChanged', ({ address }) => told.push(address));
    await alice.client.networkChanged();
    await simulation.run(1000);
    expect(told).toEqual([alice.host.address]);
    expect(registrar.seen.length).toBeGreaterThan(asked);
    expect([hers.state, his.state]).toEqual(['connected', 'connected']);
    await during(simulation, hers.hangUp());
    await finish(all);
  });
});
