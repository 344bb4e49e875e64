import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

const INVITE: [string, string][] = [
  ['From', '<sip:peer@peer>;tag=theirs'],
  ['To', '<sip:bob@bob>'],
  ['Call-ID', 'lost-ack'],
  ['CSeq', '1 INVITE'],
  ['Contact', '<sip:peer@peer>'],
];

describe('a 2xx without ACK (RFC 3261 §13.3.1.4)', () => {
  it.each(['udp', 'tcp'] as const)(
    'is repeated from T1 to T2 over %s, and given up with BYE after 64*T1',
    async (transport) => {
      const simulation = createSimulation({ seed: 4, latencyMs: 0 });
      const bob = new Phone(simulation, 'bob');
      const peer = new ScriptedHost(simulation, 'peer');
      const sentAt: number[] = [];
      bob.onInvite = (invite) => bob.answer(invite);
      const clock = simulation.clock;
      peer.host.receive = (inbound) => {
        peer.heard.push(inbound);
        if (inbound.message.kind === 'response') sentAt.push(clock.now());
      };
      const via = `SIP/2.0/${transport.toUpperCase()} ${peer.host.address}:5060;branch=z9hG4bK1`;
      peer.send('INVITE', bob.host.hop(transport), [...INVITE, ['Via', via]]);
      await simulation.run(31_900);
      expect(sentAt).toEqual([
        0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
      ]);
      expect(bob.log).toEqual([]);
      await simulation.run(100);
      expect(bob.log).toEqual(['no ACK', 'ended noAck']);
      await simulation.run(1);
      expect(peer.request('BYE').cseq).toEqual({ number: 1, method: 'BYE' });
      peer.answer('BYE', 481);
      await simulation.runUntilQuiet();
      simulation.assertQuiet({ bob: bob.layer });
    },
  );
});

it('T02: waits T2 for the answer to that BYE, not 64*T1 once more', async () => {
  const simulation = createSimulation({ seed: 4, latencyMs: 0 });
  const bob = new Phone(simulation, 'bob');
  const peer = new ScriptedHost(simulation, 'peer');
  bob.onInvite = (invite) => bob.answer(invite);
  peer.send('INVITE', bob.host.hop('udp'), INVITE);
  await simulation.run(32_000 + 3999);
  expect(peer.all('BYE')).toHaveLength(4);
  expect(bob.layer.counts()).toMatchObject({ dialogs: 1, clientTransactions: 1 });
  await simulation.run(2);
  expect(bob.layer.counts()).toMatchObject({ dialogs: 0, clientTransactions: 0, requests: 0 });
  simulation.assertQuiet({ bob: bob.layer });
});

describe('loss', () => {
  it('of the ACK is mended by the same ACK after the repeated 200 (RFC 3261 §13.2.2.4)', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.onAccepted = (dialog) => {
      simulation.network.partition('alice', 'bob');
      dialog.ack();
      simulation.network.heal('alice', 'bob');
    };
    alice.call('bob');
    await simulation.run(3000);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
        1010 bob --> alice  200
        1020 alice --x bob  ACK
        1510 bob --> alice  200
        1520 alice --> bob  ACK
        3000 alice --> bob  BYE
        3010 bob --> alice  200"
    `);
    expect(bob.log).toEqual(['ACK', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('of the 200 is mended by its repetition', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.call('bob');
    bob.onInvite = (invite) =>
      bob.after(990, () => {
        simulation.network.partition('alice', 'bob');
        bob.answer(invite);
        simulation.network.heal('alice', 'bob');
      });
    await simulation.run(3000);
    bob.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['100', 'accepted 200', 'BYE', 'ended bye remote']);
    expect(bob.log).toEqual(['ACK', 'ended bye local']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('of every BYE ends the dialog on this side at once and leaves nothing after 64*T1', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob', { sessionTimers: false });
    alice.call('bob');
    await simulation.run(3000);
    simulation.network.partition('alice', 'bob');
    alice.dialog?.bye();
    expect(alice.log.at(-1)).toBe('ended bye local');
    expect(alice.layer.counts().dialogs).toBe(1);
    await simulation.runUntilQuiet();
    expect(alice.layer.counts().dialogs).toBe(0);
    simulation.network.heal('alice', 'bob');
    bob.ask('INFO');
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['ACK', 'INFO 481', 'ended refused 481']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});

describe('a request that overtakes our 2xx', () => {
  it('does not end the dialog with its 481', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    bob.onInvite = (invite) => {
      simulation.network.partition('alice', 'bob');
      bob.answer(invite);
      simulation.network.heal('alice', 'bob');
      bob.ask('INFO');
    };
    alice.call('bob');
    await simulation.run(3000);
    expect(bob.log).toEqual(['INFO 481', 'ACK']);
    bob.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});

describe('BYE of the callee', () => {
  it('waits for the ACK (RFC 3261 §15)', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.onAccepted = (dialog) => alice.after(300, () => dialog.ack());
    bob.onInvite = (invite) => bob.answer(invite).bye();
    alice.call('bob');
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  200
         320 alice --> bob  ACK
         330 bob --> alice  BYE
         340 alice --> bob  200"
    `);
    expect(bob.log).toEqual(['ended bye local']);
    expect(alice.log).toEqual(['accepted 200', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('goes out when no ACK has come', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.onAccepted = () => {};
    bob.onInvite = (invite) => bob.answer(invite).bye();
    alice.call('bob');
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['no ACK', 'ended bye local']);
    expect(alice.log).toEqual(['accepted 200', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});

describe('BYE of the caller', () => {
  it('acknowledges a waiting 2xx first', async () => {
    const simulation = createSimulation({ seed: 4 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    alice.onAccepted = (dialog) => dialog.bye();
    alice.call('bob');
    await simulation.runUntilQuiet();
    expect(bob.log).toEqual(['ACK', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
