import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { TransactionLayer } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import { createSimulation, type SimulationOptions } from '../src/index.ts';

/** Alice sends OPTIONS to bob, who answers 200 to each. */
function conversation(options: Partial<SimulationOptions> = {}) {
  const simulation = createSimulation({ seed: 7, ...options });
  const hosts = ['alice', 'bob'].map((name) => simulation.network.host(name));
  const layers = hosts.map((host) => {
    const layer = new TransactionLayer({
      runtime: host.runtime,
      sender: host,
      user: {
        onRequest: (incoming) => incoming.respond(createResponse(incoming.request, 200)),
        onAck() {},
        onStrayResponse() {},
      },
    });
    host.receive = (inbound) => layer.receive(inbound);
    return layer;
  });
  const [alice, bob] = layers as [TransactionLayer, TransactionLayer];
  const [aliceHost, bobHost] = hosts as [(typeof hosts)[0], (typeof hosts)[0]];
  const outcomes = { answered: 0, failed: 0 };
  const ask = (to: string, number = 1): void => {
    const request = new SipRequest({
      method: 'OPTIONS',
      uri: uri(`sip:${to}`),
      headers: [
        ['From', '<sip:alice@alice>;tag=a'],
        ['To', `<sip:${to}>`],
        ['Call-ID', `call-${number}`],
        ['CSeq', '1 OPTIONS'],
      ],
    });
    alice.request(request, {
      onResponse: () => outcomes.answered++,
      onTimeout: () => outcomes.failed++,
      onTransportError: () => outcomes.failed++,
    });
  };
  return { simulation, alice, bob, aliceHost, bobHost, ask, outcomes };
}

describe('a simulation', () => {
  it('gives the same run for the same seed, another for another', async () => {
    const run = async (seed: number): Promise<string> => {
      const settings = { loss: 0.3, duplicate: 0.2, reorder: 0.3, jitterMs: 7 };
      const { simulation, ask } = conversation({ seed, ...settings });
      for (let number = 0; number < 20; number++) ask('bob', number);
      await simulation.runUntilQuiet();
      return simulation.ladder();
    };
    expect(await run(1)).toBe(await run(1));
    expect(await run(1)).not.toBe(await run(2));
  });

  it.each(['turn', 'promises'] as const)('waits for %s before time goes on', async (settles) => {
    const { clock, run } = createSimulation({ seed: 1, settles });
    const seen: number[] = [];
    const chain = async (): Promise<void> => {
      for (let link = 0; link < 50; link++) await Promise.resolve();
      seen.push(clock.now());
      if (clock.now() < 1000) clock.arm(1, () => void chain());
    };
    clock.arm(1, () => void chain());
    clock.arm(1000, () => seen.push(-1));
    await run(1001);
    // each chain ends at its own instant, however many there are
    expect(seen).toEqual([...Array.from({ length: 999 }, (_, at) => at + 1), -1, 1000]);
  });

  it('gives the same run whatever it waits for', async () => {
    const run = async (settles: 'turn' | 'promises'): Promise<string> => {
      const { simulation, ask } = conversation({ settles, loss: 0.3, jitterMs: 7 });
      for (let number = 0; number < 20; number++) ask('bob', number);
      await simulation.runUntilQuiet();
      return simulation.traceHash();
    };
    expect(await run('promises')).toBe(await run('turn'));
  });

  it('writes what was lost and what came twice', async () => {
    const { simulation, ask } = conversation({ duplicate: 1 });
    simulation.network.partition('alice', 'bob');
    simulation.clock.arm(100, () => simulation.network.heal('alice', 'bob'));
    ask('bob');
    await simulation.run(530);
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --x bob  OPTIONS
         500 alice --> bob  OPTIONS (twice)
         510 bob --> alice  200 (twice)
         510 bob --> alice  200 (twice)"
    `);
  });

  it('gives every link its own settings', async () => {
    const { simulation, ask, outcomes } = conversation();
    simulation.network.link('bob', 'alice', { latencyMs: 300 });
    ask('bob');
    await simulation.run(599);
    expect(outcomes.answered).toBe(0);
    await simulation.run(1);
    expect(outcomes.answered).toBe(1);
  });

  it('names what is left over, with the seed', async () => {
    const { simulation, alice, bob, ask } = conversation();
    ask('bob');
    await simulation.run(50);
    expect(() => simulation.assertQuiet({ alice, bob })).toThrow(
      /seed 7.*\n.*2 timers armed\n.*alice.clientTransactions: 1\n.*bob.serverTransactions: 1/,
    );
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice, bob });
  });

  it('does not wait for ever', async () => {
    const { simulation } = conversation();
    const tick = (): void => void simulation.clock.arm(1000, tick);
    tick();
    await expect(simulation.runUntilQuiet({ limitMs: 5000 })).rejects.toThrow('not quiet');
  });

  it('keeps the last entries of the ladder, or none', async () => {
    const short = conversation({ ladder: { limit: 3 } });
    for (let number = 0; number < 10; number++) short.ask('bob', number);
    await short.simulation.runUntilQuiet();
    expect(short.simulation.ladder().split('\n')).toHaveLength(3);
    const silent = conversation({ ladder: false });
    silent.ask('bob');
    await silent.simulation.runUntilQuiet();
    expect(silent.simulation.ladder()).toBe('');
  });

  it('reports what a receiver could not read', async () => {
    const { simulation, aliceHost, bobHost } = conversation();
    aliceHost.sendBytes(Buffer.from('OPTIONS sip:bob SIP/2.0\r\nnonsense\r\n\r\n'), bobHost.hop());
    await simulation.runUntilQuiet();
    expect(() => simulation.assertQuiet()).toThrow('bob could not read a message');
  });

  it('marks where a request came from (RFC 3581)', async () => {
    const { simulation, aliceHost, bobHost } = conversation();
    const vias: string[] = [];
    bobHost.receive = ({ message }) => vias.push(message.via.toString());
    aliceHost.sentBy = () => ({ host: '192.168.1.9', port: 5060 });
    aliceHost.send(
      new SipRequest({
        method: 'OPTIONS',
        uri: uri('sip:bob'),
        headers: [
          ['Via', 'SIP/2.0/UDP 192.168.1.9:5099;branch=z9hG4bK1;rport'],
          ['From', '<sip:a@a>;tag=1'],
          ['To', '<sip:b@b>'],
          ['Call-ID', '1'],
          ['CSeq', '1 OPTIONS'],
        ],
      }),
      bobHost.hop(),
      () => {},
    );
    await simulation.runUntilQuiet();
    expect(vias[0]).toContain(`received=${aliceHost.address}`);
    expect(vias[0]).toContain('rport=5060');
  });
});

describe('streams', () => {
  it('lose nothing, keep their order, and carry the answer back', async () => {
    const { simulation, alice, bob, ask, outcomes } = conversation({ loss: 0.9, reorder: 0.5 });
    for (let number = 0; number < 50; number++) ask('bob;transport=tcp', number);
    await simulation.run(20);
    expect(outcomes).toEqual({ answered: 50, failed: 0 });
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice, bob });
  });

  it('fail to a host that is cut off or does not listen', async () => {
    const { simulation, ask, outcomes } = conversation();
    simulation.network.host('carol', { listen: ['udp'] });
    ask('carol;transport=tcp');
    await simulation.run(21);
    expect(outcomes.failed).toBe(1);
    simulation.network.partition('bob');
    ask('bob;transport=tcp', 2);
    await simulation.runUntilQuiet();
    expect(outcomes.failed).toBe(2);
  });

  it('are opened anew after they broke', async () => {
    const { simulation, bobHost, ask, outcomes } = conversation();
    ask('bob;transport=tcp');
    await simulation.run(20);
    bobHost.dropConnections();
    ask('bob;transport=tcp', 2);
    await simulation.run(20);
    expect(outcomes.answered).toBe(2);
  });
});

describe('datagram sockets', () => {
  it('cross the same links and can be closed', async () => {
    const { simulation, aliceHost, bobHost } = conversation();
    const packets: string[] = [];
    const open = { address: '0.0.0.0', port: 4000 };
    const socket = await bobHost.runtime.datagrams.open({
      ...open,
      onPacket: (packet, from) => packets.push(`${packet[0]} from ${from.address}`),
    });
    const taken = bobHost.runtime.datagrams.open({ ...open, onPacket() {} });
    await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const sender = await aliceHost.runtime.datagrams.open({ ...open, port: 0, onPacket() {} });
    sender.send(Uint8Array.of(42), socket.local);
    await simulation.run(10);
    expect(packets).toEqual([`42 from ${aliceHost.address}`]);
    await socket.close();
    sender.send(Uint8Array.of(43), socket.local);
    await simulation.run(10);
    expect(packets).toHaveLength(1);
  });
});

describe('many', () => {
  it('thousands of transactions over a bad network all have one outcome, and fast', async () => {
    const bad = { loss: 0.1, duplicate: 0.05, reorder: 0.1, ladder: false };
    const { simulation, alice, bob, ask, outcomes } = conversation(bad);
    for (let number = 0; number < 5000; number++)
      simulation.clock.arm(number, () => ask('bob', number));
    await simulation.runUntilQuiet();
    expect(outcomes).toEqual({ answered: 5000, failed: 0 });
    simulation.assertQuiet({ alice, bob });
  });
});
