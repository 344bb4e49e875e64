import { createSimulation, type Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone, SDP } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

async function establish(seed = 5) {
  const simulation = createSimulation({ seed });
  const alice = new Phone(simulation, 'alice');
  const bob = new Phone(simulation, 'bob');
  bob.onInvite = (invite) => bob.answer(invite);
  alice.call('bob');
  await simulation.run(1000);
  alice.log.length = 0;
  bob.log.length = 0;
  return { simulation, alice, bob };
}

async function hangUp(simulation: Simulation, alice: Phone, bob: Phone): Promise<void> {
  alice.dialog?.bye();
  await simulation.runUntilQuiet();
  simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
}

/** A call with a peer that does what the test says; the peer was called. */
async function establishWithScript() {
  const simulation = createSimulation({ seed: 5 });
  const alice = new Phone(simulation, 'alice');
  const peer = new ScriptedHost(simulation, 'peer');
  alice.call('peer');
  await simulation.run(20);
  peer.answer('INVITE', 200);
  await simulation.run(20);
  alice.log.length = 0;
  return { simulation, alice, peer };
}

function inDialog(peer: ScriptedHost, cseq: number, method: string): [string, string][] {
  const ack = peer.request('ACK');
  return [
    ['From', ack.to.toString()],
    ['To', ack.from.toString()],
    ['Call-ID', ack.callId],
    ['CSeq', `${cseq} ${method}`],
    ['Contact', '<sip:peer@peer>'],
  ];
}

describe('a re-INVITE (RFC 3261 §14)', () => {
  it('changes the session from either side', async () => {
    const { simulation, alice, bob } = await establish();
    alice.reinvite();
    await simulation.run(1000);
    bob.reinvite();
    await simulation.run(1000);
    expect(alice.log).toEqual(['reinvite accepted', 'reinvite']);
    expect(bob.log).toEqual(['reinvite', 'reinvite accepted']);
    expect(simulation.ladder().split('\n').slice(3)).toMatchInlineSnapshot(`
      [
        "  1000 alice --> bob  INVITE",
        "  1010 bob --> alice  200",
        "  1020 alice --> bob  ACK",
        "  2000 bob --> alice  INVITE",
        "  2010 alice --> bob  200",
        "  2020 bob --> alice  ACK",
      ]
    `);
    await hangUp(simulation, alice, bob);
  });

  it('waits while one of the peer is under way', async () => {
    const { simulation, alice, bob } = await establish();
    alice.onReinvite = (reinvite) => alice.after(500, () => reinvite.accept());
    bob.reinvite();
    await simulation.run(100);
    alice.reinvite();
    await simulation.run(2000);
    expect(alice.log).toEqual(['reinvite', 'reinvite accepted']);
    expect(simulation.ladder()).not.toContain('491');
    await hangUp(simulation, alice, bob);
  });

  it.each([1, 2, 3, 4, 5])('meeting another one converges (seed %i)', async (seed) => {
    const { simulation, alice, bob } = await establish(seed);
    alice.reinvite();
    bob.reinvite();
    await simulation.run(20_000);
    expect(alice.log.toSorted()).toEqual(['reinvite', 'reinvite accepted']);
    expect(bob.log.toSorted()).toEqual(['reinvite', 'reinvite accepted']);
    expect(simulation.ladder().match(/491/g)).toHaveLength(2);
    await hangUp(simulation, alice, bob);
  });

  it('is repeated after 2.1 to 4 s by the owner of the Call-ID, ten times at most (RFC 3261 §14.1)', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    const times: number[] = [];
    peer.host.receive = (inbound) => {
      peer.heard.push(inbound);
      if (inbound.message.kind !== 'request' || inbound.message.method !== 'INVITE') return;
      times.push(simulation.clock.now());
      peer.answer('INVITE', 491);
    };
    alice.reinvite();
    await simulation.run(60_000);
    expect(times).toHaveLength(11);
    for (const [at, time] of times.entries()) {
      const gap = time - (times[at - 1] ?? time - 3000);
      expect(gap).toBeGreaterThanOrEqual(2100);
      expect(gap).toBeLessThanOrEqual(4020);
    }
    expect(alice.log).toEqual(['reinvite rejected 491']);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('that was withdrawn is not repeated', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    const failed: string[] = [];
    const reinvite = alice.dialog?.reinvite(
      { body: SDP },
      { onAccepted() {}, onRejected() {}, onFailed: ({ kind }) => failed.push(kind) },
    );
    await simulation.run(20);
    peer.answer('INVITE', 491);
    await simulation.run(20);
    reinvite?.withdraw();
    await simulation.run(10_000);
    expect(failed).toEqual(['cancelled']);
    expect(peer.all('INVITE')).toHaveLength(2);
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('that is refused leaves the dialog as it was (RFC 3261 §14.1)', async () => {
    const { simulation, alice, bob } = await establish();
    bob.onReinvite = (reinvite) => reinvite.reject(488);
    const target = bob.dialog?.remoteTarget.toString();
    alice.reinvite();
    await simulation.run(1000);
    expect(alice.log).toEqual(['reinvite rejected 488']);
    expect(alice.dialog?.state).toBe('confirmed');
    expect(bob.dialog?.remoteTarget.toString()).toBe(target);
    await hangUp(simulation, alice, bob);
  });

  it.each([
    [481, false],
    [408, true],
  ])('refused with %i ends the dialog (BYE: %s)', async (status, withBye) => {
    const { simulation, alice, peer } = await establishWithScript();
    alice.reinvite();
    await simulation.run(20);
    peer.answer('INVITE', status);
    await simulation.run(20);
    expect(alice.log).toEqual([`reinvite rejected ${status}`, `ended refused ${status}`]);
    expect(peer.all('BYE').length > 0).toBe(withBye);
    if (withBye) peer.answer('BYE', 200);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('that nobody answers ends the dialog with BYE', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    alice.reinvite();
    await simulation.run(32_100);
    expect(alice.log).toEqual(['reinvite failed timeout', 'ended timeout']);
    peer.answer('BYE', 200);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('refreshes the target when it is accepted (RFC 3261 §12.2.1.2)', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    const headers = inDialog(peer, 7, 'INVITE').map(([name, value]): [string, string] =>
      name === 'Contact' ? [name, '<sip:elsewhere@10.0.0.2>'] : [name, value],
    );
    peer.send('INVITE', alice.host.hop(), headers);
    await simulation.run(20);
    expect(alice.dialog?.remoteTarget.toString()).toBe('sip:elsewhere@10.0.0.2');
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('gets 500 with Retry-After while an earlier one waits for its answer (RFC 3261 §14.2)', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    alice.onReinvite = () => {};
    peer.send('INVITE', alice.host.hop(), inDialog(peer, 7, 'INVITE'), 'first');
    await simulation.run(20);
    peer.send('INVITE', alice.host.hop(), inDialog(peer, 8, 'INVITE'), 'second');
    await simulation.run(20);
    const retryAfter = Number(peer.response(500).headers.raw('retry-after')[0]);
    expect(retryAfter).toBeGreaterThanOrEqual(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
    alice.dialog?.bye();
    await simulation.run(20);
    expect(peer.response(487).cseq.number).toBe(7);
    peer.answer('BYE', 200);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('gets 491 in an early dialog of ours (RFC 3261 §14.2)', async () => {
    const simulation = createSimulation({ seed: 5 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    const invite = alice.call('peer');
    await simulation.run(20);
    peer.answer('INVITE', 180);
    await simulation.run(20);
    const { from, callId } = peer.request('INVITE');
    peer.send('INVITE', alice.host.hop(), [
      ['From', '<sip:peer@peer>;tag=peer'],
      ['To', from.toString()],
      ['Call-ID', callId],
      ['CSeq', '1 INVITE'],
      ['Contact', '<sip:peer@peer>'],
    ]);
    await simulation.run(20);
    expect(peer.all(491)).toHaveLength(1);
    invite.cancel();
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('may be cancelled, and the call goes on', async () => {
    const { simulation, alice, bob } = await establish();
    bob.onReinvite = (reinvite) => {
      reinvite.user = { onCancel: () => bob.say('reinvite cancelled') };
      reinvite.progress(183);
    };
    const told: string[] = [];
    const reinvite = alice.dialog?.reinvite(
      { body: SDP },
      { onAccepted() {}, onRejected() {}, onFailed: ({ kind }) => told.push(kind) },
    );
    await simulation.run(100);
    reinvite?.withdraw();
    await simulation.run(100);
    expect(told).toEqual(['cancelled']);
    expect(bob.log).toEqual(['reinvite', 'reinvite cancelled']);
    expect(alice.dialog?.state).toBe('confirmed');
    await hangUp(simulation, alice, bob);
  });

  it('under way when BYE comes fails, and its 2xx is still acknowledged', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    alice.reinvite();
    await simulation.run(20);
    peer.send('BYE', alice.host.hop(), inDialog(peer, 9, 'BYE'));
    await simulation.run(20);
    expect(alice.log).toEqual(['BYE', 'reinvite failed dialogEnded', 'ended bye remote']);
    peer.answer('INVITE', 200);
    await simulation.run(20);
    expect(peer.all('ACK')).toHaveLength(2);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('under way when the dialog ends is given up where the peer is gone', async () => {
    const { simulation, alice, peer } = await establishWithScript();
    alice.reinvite();
    await simulation.run(20);
    peer.answer('INVITE', 183);
    await simulation.run(20);
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['reinvite failed dialogEnded', 'ended bye local']);
    simulation.assertQuiet({ alice: alice.layer });
  });

  it('that waits for its turn is withdrawn without a word, and fails with its layer', async () => {
    const { simulation, alice, bob } = await establish();
    alice.onReinvite = () => {};
    bob.reinvite();
    await simulation.run(20);
    alice.reinvite();
    alice.reinviting?.withdraw();
    alice.reinvite();
    alice.layer.close();
    expect(alice.log).toEqual([
      'reinvite',
      'reinvite failed cancelled',
      'reinvite failed dialogEnded',
      'ended closed',
    ]);
    bob.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('ends with its dialog while it waits to be repeated, and with its layer when accepted', async () => {
    const { simulation, alice, bob } = await establish();
    bob.reinvite();
    await simulation.run(30);
    bob.layer.close();
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
    const scripted = await establishWithScript();
    scripted.alice.reinvite();
    await scripted.simulation.run(20);
    scripted.peer.answer('INVITE', 491);
    await scripted.simulation.run(20);
    scripted.alice.dialog?.bye();
    await scripted.simulation.runUntilQuiet();
    expect(scripted.alice.log).toEqual(['reinvite failed dialogEnded', 'ended bye local']);
    scripted.simulation.assertQuiet({ alice: scripted.alice.layer });
  });

  it('is refused where it cannot be', async () => {
    const { simulation, alice, bob } = await establish();
    alice.reinvite();
    expect(() => alice.reinvite()).toThrow(/no final answer/);
    await simulation.run(1000);
    expect(() => alice.dialog?.ack()).toThrow(/no 2xx/);
    await hangUp(simulation, alice, bob);
    expect(() => alice.reinvite()).toThrow(/terminated/);
    expect(() => alice.ask('INFO')).toThrow(/terminated/);
    alice.dialog?.bye();
    alice.dialog?.ack();
  });
});
