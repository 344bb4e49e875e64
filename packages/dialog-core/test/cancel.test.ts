import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

function twoPhones(seed = 3) {
  const simulation = createSimulation({ seed });
  return {
    simulation,
    alice: new Phone(simulation, 'alice'),
    bob: new Phone(simulation, 'bob'),
  };
}

describe('CANCEL (RFC 3261 §9.1)', () => {
  it('ends a ringing call with 487', async () => {
    const { simulation, alice, bob } = twoPhones();
    const invite = alice.call('bob');
    await simulation.run(500);
    invite.cancel();
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
         500 alice --> bob  CANCEL
         510 bob --> alice  200
         510 bob --> alice  487
         520 alice --> bob  ACK"
    `);
    expect(alice.log).toEqual(['180 early', 'ended cancelled', 'rejected 487']);
    expect(bob.log).toEqual(['CANCEL']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('waits for a provisional response', async () => {
    const { simulation, alice, bob } = twoPhones();
    bob.onInvite = () => {};
    const invite = alice.call('bob');
    invite.cancel();
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
         210 bob --> alice  100
         220 alice --> bob  CANCEL
         230 bob --> alice  200
         230 bob --> alice  487
         240 alice --> bob  ACK"
    `);
    expect(alice.log).toEqual(['rejected 487']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('before the INVITE was sent tells cancelled and sends nothing', async () => {
    const { simulation, alice } = twoPhones();
    const waiting = new Phone(simulation, 'carol', {
      host: simulation.network.host('carol'),
    });
    waiting.host.locate = () => new Promise(() => {});
    waiting.call('bob').cancel();
    await simulation.runUntilQuiet();
    expect(waiting.log).toEqual(['failed cancelled']);
    expect(simulation.ladder()).toBe('');
    simulation.assertQuiet({ carol: waiting.layer, alice: alice.layer });
  });

  it('that loses its race with 200 leads to ACK and BYE', async () => {
    const { simulation, alice, bob } = twoPhones();
    const invite = alice.call('bob');
    alice.after(1005, () => invite.cancel());
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
        1005 alice --> bob  CANCEL
        1010 bob --> alice  200
        1015 bob --> alice  200
        1020 alice --> bob  ACK
        1020 alice --> bob  BYE
        1030 bob --> alice  200"
    `);
    expect(alice.log).toEqual(['180 early', 'ended cancelled', 'failed cancelled']);
    expect(bob.log).toEqual(['ACK', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('after the 200 is ignored (RFC 3261 §9.2)', async () => {
    const { simulation, alice, bob } = twoPhones();
    const invite = alice.call('bob');
    await simulation.run(2000);
    invite.cancel();
    bob.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['180 early', 'accepted 200', 'BYE', 'ended bye remote']);
    expect(simulation.ladder()).not.toContain('CANCEL');
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('that nobody answers is over after 64*T1', async () => {
    const simulation = createSimulation({ seed: 3 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    const invite = alice.call('peer');
    await simulation.run(20);
    peer.answer('INVITE', 180);
    await simulation.run(20);
    invite.cancel();
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['180 early', 'ended cancelled', 'failed cancelled']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('carries a Reason (RFC 3326 §2)', async () => {
    const simulation = createSimulation({ seed: 3 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    const invite = alice.call('peer');
    await simulation.run(20);
    peer.answer('INVITE', 100);
    await simulation.run(20);
    invite.cancel({ headers: [['Reason', 'SIP;cause=200;text="answered elsewhere"']] });
    await simulation.run(20);
    expect(peer.request('CANCEL').headers.raw('reason')).toEqual([
      'SIP;cause=200;text="answered elsewhere"',
    ]);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });
});

describe('BYE to an early dialog (RFC 3261 §15)', () => {
  it('ends the call as CANCEL would', async () => {
    const { simulation, alice, bob } = twoPhones();
    const invite = alice.call('bob');
    await simulation.run(500);
    invite.earlyDialogs[0]?.bye();
    await simulation.runUntilQuiet();
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
         500 alice --> bob  BYE
         510 bob --> alice  200
         510 bob --> alice  487
         520 alice --> bob  ACK"
    `);
    expect(alice.log).toEqual(['180 early', 'ended bye local', 'rejected 487']);
    expect(bob.log).toEqual(['early BYE']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('that crosses the 200 leaves no call', async () => {
    const { simulation, alice, bob } = twoPhones();
    const invite = alice.call('bob');
    alice.after(1005, () => invite.earlyDialogs[0]?.bye());
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['180 early', 'ended bye local', 'failed cancelled']);
    expect(bob.log).toEqual(['BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('is refused to the callee', async () => {
    const { simulation, alice, bob } = twoPhones();
    bob.onInvite = (call) => call.ring();
    const invite = alice.call('bob');
    await simulation.run(500);
    expect(() => bob.incoming?.dialog?.bye()).toThrow(/early/);
    invite.cancel();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
