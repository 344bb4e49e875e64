import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import {
  type Machine,
  type SimulationOptions,
  Attacker,
  createSimulation,
} from '@strowger/testkit';
import { TransactionLayer } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';

/** An element that answers 200 to all and remembers its answers. */
function program(machine: Machine) {
  const heard: string[] = [];
  const boots = Number(machine.disk.get('boots') ?? '0') + 1;
  machine.disk.set('boots', String(boots));
  const layer = new TransactionLayer({
    runtime: machine.runtime,
    sender: machine,
    user: {
      onRequest: (one) => {
        heard.push(`${one.method} from ${one.inbound.hop.address}:${one.inbound.hop.port}`);
        one.respond(createResponse(one.request, 200));
      },
      onAck() {},
      onStrayResponse() {},
    },
  });
  const outcomes: string[] = [];
  const ask = (to: string, number = 1): void => {
    const request = new SipRequest({
      method: 'OPTIONS',
      uri: uri(`sip:${to}`),
      headers: [
        ['From', '<sip:a@a>;tag=a'],
        ['To', '<sip:b@b>'],
        ['Call-ID', `call-${number}`],
        ['CSeq', '1 OPTIONS'],
      ],
    });
    layer.request(request, {
      onResponse: ({ status }) => outcomes.push(String(status)),
      onTimeout: () => outcomes.push('timeout'),
      onTransportError: ({ code }) => outcomes.push(code),
    });
  };
  const { runtime } = machine;
  return {
    ask,
    heard,
    outcomes,
    boots,
    runtime,
    layer,
    receive: (inbound: Parameters<TransactionLayer['receive']>[0]) => layer.receive(inbound),
    counts: () => layer.counts(),
  };
}

function scene(options: Partial<SimulationOptions> = {}) {
  const simulation = createSimulation({ seed: 1, ...options });
  const [aliceHost, bobHost] = ['alice', 'bob'].map((name) => simulation.network.host(name));
  if (aliceHost === undefined || bobHost === undefined) throw new Error('two hosts');
  return {
    simulation,
    aliceHost,
    bobHost,
    alice: aliceHost.start(program),
    bob: bobHost.start(program),
  };
}

describe('a NAT', () => {
  it('shows its own address, lets answers through, and gives new ports when it starts anew', async () => {
    const { simulation, alice, bob } = scene();
    const nat = simulation.network.nat({ inside: ['alice'], address: '203.0.113.1' });
    alice.ask('bob', 1);
    await simulation.run(100);
    nat.rebind();
    alice.ask('bob', 2);
    await simulation.runUntilQuiet();
    expect(bob.heard).toEqual(['OPTIONS from 203.0.113.1:20000', 'OPTIONS from 203.0.113.1:20001']);
    expect(alice.outcomes).toEqual(['200', '200']);
    expect(nat.mappings).toBe(1);
  });

  it('lets nobody in who was not asked', async () => {
    const { simulation, alice, bob } = scene();
    simulation.network.nat({ inside: ['alice'], address: '203.0.113.1' });
    bob.ask('alice');
    await simulation.runUntilQuiet();
    expect(alice.heard).toEqual([]);
    expect(bob.outcomes).toEqual(['timeout']);
  });
});

describe('the name server', () => {
  it('leads to the next server of RFC 3263 when the first is silent', async () => {
    const { simulation, alice, bobHost } = scene();
    const { dns } = simulation.network;
    const carol = simulation.network.host('carol').start(program);
    simulation.network.partition('bob');
    dns.add('example.com', {
      type: 'naptr',
      order: 1,
      preference: 1,
      flags: 's',
      service: 'SIP+D2U',
      replacement: '_sip._udp.example.com',
    });
    const common = { type: 'srv', weight: 1, port: 5060 } as const;
    dns.add('_sip._udp.example.com', { ...common, priority: 1, target: 'one.example.com' });
    dns.add('_sip._udp.example.com', { ...common, priority: 2, target: 'two.example.com' });
    dns.add('one.example.com', { type: 'a', address: bobHost.address });
    dns.add('two.example.com', { type: 'a', address: '10.0.0.3' });
    alice.ask('example.com');
    await simulation.runUntilQuiet();
    expect(carol.heard).toHaveLength(1);
    expect(alice.outcomes).toEqual(['200']);
    expect(dns.questions).toBeGreaterThan(3);
  });

  it('fails at once or by silence, and the request with it', async () => {
    const { simulation, alice } = scene();
    const { dns } = simulation.network;
    dns.fail('a.example.com', 'servfail');
    dns.fail('b.example.com', 'silent');
    alice.ask('a.example.com', 1);
    alice.ask('b.example.com', 2);
    await simulation.run(1000);
    expect(alice.outcomes).toEqual(['NO_ROUTE']);
    await simulation.runUntilQuiet();
    expect(alice.outcomes).toEqual(['NO_ROUTE', 'NO_ROUTE']);
    expect(simulation.clock.now()).toBeGreaterThanOrEqual(5000);
  });

  it('does not even know the hosts of the network while it is made to fail', async () => {
    const { simulation, alice, bob } = scene();
    const { dns } = simulation.network;
    dns.fail('bob', 'servfail');
    alice.ask('bob', 1);
    await simulation.run(100);
    dns.mend('bob');
    alice.ask('bob', 2);
    await simulation.runUntilQuiet();
    expect(alice.outcomes).toEqual(['NO_ROUTE', '200']);
    expect(bob.heard).toHaveLength(1);
  });
});

describe('streams', () => {
  it('carry messages whole, however their bytes are cut and joined', async () => {
    const { simulation, alice, bob } = scene({ split: 1, merge: 0.5 });
    for (let number = 0; number < 50; number++) alice.ask('bob;transport=tcp', number);
    await simulation.run(1000);
    expect(alice.outcomes).toHaveLength(50);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice, bob });
  });

  it('break at any byte, and what was not whole is not heard', async () => {
    const { simulation, alice, bob } = scene();
    alice.ask('bob;transport=tcp', 1);
    await simulation.run(100);
    simulation.network.cutStream('alice', 'bob', 60);
    alice.ask('bob;transport=tcp', 2);
    await simulation.run(100);
    expect(bob.heard).toHaveLength(1);
    alice.ask('bob;transport=tcp', 3); // over a new connection
    await simulation.run(100);
    expect(bob.heard).toHaveLength(2);
    await simulation.runUntilQuiet();
    expect(alice.outcomes).toEqual(['200', '200', 'timeout']);
  });
});

describe('a process', () => {
  it('loses everything but its disk when it is killed', async () => {
    const { simulation, alice, bobHost, bob } = scene();
    bob.runtime.clock.arm(50, () => expect.unreachable('a timer of the dead'));
    bobHost.kill();
    alice.ask('bob');
    await simulation.run(600);
    expect(bob.heard).toEqual([]);
    const again = bobHost.start(program);
    await simulation.runUntilQuiet();
    expect(again.boots).toBe(2);
    expect(again.heard).toHaveLength(1);
    expect(alice.outcomes).toEqual(['200']);
  });

  it('sends nothing once it is dead', async () => {
    const { simulation, alice, aliceHost, bob } = scene();
    aliceHost.kill();
    alice.ask('bob');
    await simulation.runUntilQuiet();
    expect(bob.heard).toEqual([]);
    expect(alice.outcomes).toEqual([]);
  });
});

describe('a clock', () => {
  it('that jumps takes wall time along and leaves timers alone', async () => {
    const { simulation, alice, aliceHost, bob } = scene();
    const [wall, now] = [alice.runtime.clock.wall(), alice.runtime.clock.now()];
    let fired = false;
    alice.runtime.clock.arm(500, () => {
      fired = true;
    });
    aliceHost.jumpWallClock(-86_400_000);
    expect(alice.runtime.clock.wall()).toBe(wall - 86_400_000);
    expect(alice.runtime.clock.now()).toBe(now);
    expect(bob.runtime.clock.wall()).toBe(wall);
    await simulation.run(500);
    expect(fired).toBe(true);
  });
});

describe('a hostile host', () => {
  it('changes nothing for those who talk to each other, and leaves nothing behind', async () => {
    const { simulation, alice, aliceHost, bob, bobHost } = scene();
    const attacker = new Attacker(simulation, {
      targets: [aliceHost, bobHost],
      everyMs: 50,
      forMs: 20_000,
    }).start();
    for (let number = 0; number < 40; number++) {
      simulation.clock.arm(number * 500, () => alice.ask('bob', number));
    }
    await simulation.runUntilQuiet();
    expect(alice.outcomes).toEqual(Array.from({ length: 40 }, () => '200'));
    expect(attacker.done.size).toBe(10);
    expect(alice.counts()).toEqual({ clientTransactions: 0, serverTransactions: 0 });
    expect(bob.counts()).toEqual({ clientTransactions: 0, serverTransactions: 0 });
    expect(simulation.network.refused.length).toBeGreaterThan(0);
  });
});

it('the hash of a run tells equal runs from others', async () => {
  const run = async (seed: number): Promise<string> => {
    const { simulation, alice } = scene({ seed, loss: 0.3, split: 0.5 });
    for (let number = 0; number < 10; number++) {
      alice.ask(number % 2 === 0 ? 'bob' : 'bob;transport=tcp', number);
    }
    await simulation.runUntilQuiet();
    return simulation.traceHash();
  };
  expect(await run(1)).toBe(await run(1));
  expect(await run(1)).not.toBe(await run(2));
});
