import { createSimulation } from '@strowger/testkit';
import { expect, it } from 'vitest';
import { Phone, SDP } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

it('an INVITE of ours that expires unanswered is cancelled (RFC 3261 §13.2.1)', async () => {
  const simulation = createSimulation({ seed: 7 });
  const alice = new Phone(simulation, 'alice');
  const peer = new ScriptedHost(simulation, 'peer');
  alice.call('peer', { headers: [['Expires', '5']] });
  await simulation.run(20);
  peer.answer('INVITE', 180);
  await simulation.run(4900);
  expect(peer.all('CANCEL')).toHaveLength(0);
  await simulation.run(200);
  expect(peer.all('CANCEL')).toHaveLength(1);
  peer.answer('CANCEL', 200);
  peer.answer('INVITE', 487);
  await simulation.runUntilQuiet();
  expect(alice.log).toEqual(['180 early', 'ended cancelled', 'rejected 487']);
  simulation.assertQuiet({ alice: alice.layer });
});

it('an INVITE that expires before it is answered gets 487 (RFC 3261 §13.3.1)', async () => {
  const simulation = createSimulation({ seed: 7 });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  bob.onInvite = (invite) => {
    invite.ring();
    if (invite.dialog !== undefined) bob.watch(invite.dialog);
  };
  alice.host.runtime.clock.arm(4990, () => simulation.network.partition('alice', 'bob'));
  alice.host.runtime.clock.arm(5100, () => simulation.network.heal('alice', 'bob'));
  alice.call('bob', { headers: [['Expires', '5']] });
  await simulation.run(5050);
  expect(bob.log).toEqual(['expired', 'ended cancelled']);
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
});

it('an answered INVITE expires no more', async () => {
  const simulation = createSimulation({ seed: 7 });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  alice.call('bob', { headers: [['Expires', '5']] });
  await simulation.run(60_000);
  expect(alice.dialog?.state).toBe('confirmed');
  alice.dialog?.bye();
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
});

async function reinviting(options: ConstructorParameters<typeof Phone>[2] = {}) {
  const simulation = createSimulation({ seed: 7 });
  const alice = new Phone(simulation, 'alice', options);
  const peer = new ScriptedHost(simulation, 'peer');
  alice.call('peer');
  await simulation.run(20);
  peer.answer('INVITE', 200, { body: 'v=0' });
  await simulation.run(20);
  alice.log.length = 0;
  alice.reinvite();
  await simulation.run(20);
  peer.answer('INVITE', 183);
  await simulation.run(20);
  return { simulation, alice, peer };
}

it('a re-INVITE with nothing but provisionals is cancelled after three minutes', async () => {
  const { simulation, alice, peer } = await reinviting();
  await simulation.run(179_000);
  expect(peer.all('CANCEL')).toHaveLength(0);
  await simulation.run(1000);
  expect(peer.all('CANCEL')).toHaveLength(1);
  peer.answer('CANCEL', 200);
  peer.answer('INVITE', 487);
  await simulation.run(20);
  expect(alice.log).toEqual(['reinvite failed timeout']);
  expect(alice.dialog?.offerState.name).toBe('complete');
  alice.layer.close();
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer });
});

it('a cancelled re-INVITE is not waited for longer than 64*T1', async () => {
  const { simulation, alice, peer } = await reinviting({ limits: { reinviteMs: 1000 } });
  await simulation.run(2000);
  peer.answer('CANCEL', 200);
  await simulation.run(40_000);
  expect(alice.log[0]).toBe('reinvite failed timeout');
  alice.layer.close();
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer });
});

it('reliable provisionals of a re-INVITE are acknowledged, and move the target (RFC 6141)', async () => {
  const simulation = createSimulation({ seed: 7 });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  bob.onInvite = (invite) => bob.answer(invite);
  bob.onReinvite = (reinvite) => {
    reinvite.progress(183, { body: SDP });
    bob.after(500, () => reinvite.accept({ body: SDP }));
  };
  alice.call('bob');
  await simulation.run(1000);
  alice.reinvite();
  await simulation.run(1000);
  expect(simulation.ladder().split('\n').slice(3)).toMatchInlineSnapshot(`
    [
      "  1000 alice --> bob  INVITE",
      "  1010 bob --> alice  183",
      "  1020 alice --> bob  PRACK",
      "  1030 bob --> alice  200",
      "  1510 bob --> alice  200",
      "  1520 alice --> bob  ACK",
    ]
  `);
  expect([alice.dialog?.offerState, bob.dialog?.offerState]).toEqual([
    { name: 'complete' },
    { name: 'complete' },
  ]);
  alice.dialog?.bye();
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
});
