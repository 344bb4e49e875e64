import { describe, expect, it } from 'vitest';
import { type Call, SipClient } from '../src/index.ts';
import { during, finish, type Phone, scene } from './scene.ts';

const ELSEWHERE = '10.9.0.7';

/** Alice is registered, and talks with bob; either has called. */
async function talking(caller: 'alice' | 'bob', transport: 'udp' | 'tcp' = 'udp') {
  const all = scene({ client: { transport } });
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
      const told: unknown[] = [];
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

  it('registers from there without a word of failure where its connection is gone', async () => {
    const all = await talking('alice', 'tcp');
    const { simulation, alice, hers, registrar } = all;
    alice.leave = () => alice.dropConnections();
    alice.changes.length = 0;
    alice.move(ELSEWHERE);
    await simulation.run(5000);
    expect(alice.told).toEqual(['registered']);
    expect(registrar.bindings.get('alice')).toContain(ELSEWHERE);
    alice.changes.length = 0;
    alice.host.move('127.0.0.1'); // no way out: what is gone is gone
    await simulation.run(1100);
    expect(alice.told[0]).toBe('registrationFailed');
    alice.move('10.9.0.8');
    await simulation.run(10_000);
    expect(alice.told.at(-1)).toBe('registered');
    await during(simulation, hers.hangUp());
    await finish(all);
  });

  it('follows over a WebSocket, where it has a name that leads nowhere', async () => {
    const { simulation } = scene();
    const { runtime } = simulation.network.host('carol');
    let [address, look] = ['10.0.0.9', (): void => {}];
    const [sent, told]: [string[], unknown[]] = [[], []];
    const client = new SipClient({
      uri: 'sip:carol@pbx.example',
      runtime: { ...runtime, network: { watch: (changed) => ((look = changed), () => {}) } },
      connect: () => ({
        locate: () => [{ transport: 'ws', address: '192.0.2.1', port: 80 }],
        sentBy: ({ transport }) =>
          transport === 'ws' ? { host: 'x.invalid', port: 80 } : { host: address, port: 5060 },
        send: (message) => {
          if (message.kind === 'request') sent.push(message.method);
          return undefined;
        },
        start: () => Promise.resolve(),
        close: () => Promise.resolve(),
      }),
    });
    client.on('networkChanged', (event) => told.push(event.address));
    client.register().catch(() => {}); // nobody answers
    await simulation.run(10);
    look(); // the same as before
    await simulation.run(10);
    expect([sent, told]).toEqual([['REGISTER'], []]);
    address = ELSEWHERE;
    look(); // an address has gone, and another has come
    look();
    await simulation.run(10);
    expect([sent, told]).toEqual([['REGISTER', 'REGISTER'], [ELSEWHERE]]);
    await during(simulation, client.close());
  });

  it('is told of its server, and not of whom it has called last', async () => {
    const all = scene();
    const { simulation, alice, bob, registrar } = all;
    const told: unknown[] = [];
    alice.client.on('networkChanged', ({ address }) => told.push(address));
    await during(simulation, alice.client.register());
    bob.client.on('incoming', (call) => void call.answer());
    await bob.client.contact();
    bob.host.move('127.0.0.9'); // on loopback as it seems
    const call = await during(simulation, alice.client.call('sip:bob@bob'));
    await during(simulation, call.connected);
    const asked = registrar.seen.length;
    await during(simulation, alice.client.networkChanged());
    await simulation.run(1000);
    expect(told).toEqual([alice.host.address]);
    expect(registrar.seen.length).toBeGreaterThan(asked);
    await during(simulation, call.hangUp());
    await finish(all);
  });

  it('does so when the application says it, and not for an address that stays', async () => {
    const all = await talking('alice');
    const { simulation, alice, registrar, hers, his } = all;
    const asked = registrar.seen.length;
    const told: unknown[] = [];
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
