import { createSimulation } from '@strowger/testkit';
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
  for (const phone of [alice, bob]) phone.log.length = 0;
  const hangUp = async (): Promise<void> => {
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  };
  return { simulation, alice, bob, hangUp };
}

/** A call with a peer that does what the test says; the peer was called. */
async function establishWithScript() {
  const simulation = createSimulation({ seed: 5 });
  const alice = new Phone(simulation, 'alice');
  const peer = new ScriptedHost(simulation, 'peer');
  alice.call('peer');
  await simulation.run(20);
  peer.answer('INVITE', 200, { body: 'v=0' });
  await simulation.run(20);
  alice.log.length = 0;
  const update = (cseq: number, body?: string, contact = '<sip:moved@10.0.0.2>'): void => {
    const ack = peer.request('ACK');
    const headers: [string, string][] = [
      ['From', ack.to.toString()],
      ['To', ack.from.toString()],
      ['Call-ID', ack.callId],
      ['CSeq', `${cseq} UPDATE`],
      ['Contact', contact],
    ];
    peer.send('UPDATE', alice.host.hop(), headers, { branch: `u${cseq}`, body });
  };
  const close = async (): Promise<void> => {
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  };
  return { simulation, alice, peer, update, close };
}

describe('UPDATE (RFC 3311)', () => {
  it.each([
    ['goes once more with the interval that the peer takes', false, 2],
    ['does not, once its dialog was ended', true, 1],
  ])('that got 422 %s', async (_, isEnded, times) => {
    const { simulation, alice, peer, close } = await establishWithScript();
    alice.update();
    await simulation.run(20);
    if (isEnded) alice.dialog?.bye();
    peer.answer('UPDATE', 422, { headers: [['Min-SE', '3600']] });
    await simulation.run(20);
    expect(peer.all('UPDATE')).toHaveLength(times);
    await close();
  });

  it.each([1, 2, 3, 4, 5])(
    'meeting another one converges: UPDATE glare (seed %i)',
    async (seed) => {
      const { simulation, alice, bob, hangUp } = await establish(seed);
      alice.update();
      bob.update();
      await simulation.run(20_000);
      expect(alice.log.toSorted()).toEqual(['update', 'update accepted with answer']);
      expect(bob.log.toSorted()).toEqual(['update', 'update accepted with answer']);
      expect(simulation.ladder().match(/491/g)).toHaveLength(2);
      await hangUp();
    },
  );

  it('meets a re-INVITE, and both get through', async () => {
    const { simulation, alice, bob, hangUp } = await establish(3);
    alice.update();
    bob.reinvite();
    await simulation.run(20_000);
    expect(alice.log.toSorted()).toEqual(['reinvite', 'update accepted with answer']);
    expect(bob.log.toSorted()).toEqual(['reinvite accepted', 'update']);
    await hangUp();
  });

  it('waits while somebody owes an answer (RFC 3311 §5.1)', async () => {
    const { simulation, alice, bob, hangUp } = await establish();
    bob.onReinvite = (reinvite) => bob.after(500, () => reinvite.accept({ body: SDP }));
    alice.reinvite();
    alice.update();
    expect(() => alice.update()).toThrow(/no final answer/);
    await simulation.run(1000);
    expect(alice.log).toEqual(['reinvite accepted', 'update accepted with answer']);
    expect(simulation.ladder()).not.toMatch(/491|500/);
    await hangUp();
  });

  it('without offer is answered by the layer, and moves the target', async () => {
    const { simulation, alice, peer, update, close } = await establishWithScript();
    update(5);
    await simulation.run(20);
    expect(alice.dialog?.remoteTarget.toString()).toBe('sip:moved@10.0.0.2');
    expect(peer.response(200).headers.has('contact')).toBe(true);
    expect(alice.log).toEqual([]);
    await close();
  });

  it('moves the target when it is accepted, and not before (RFC 3311 §5.2)', async () => {
    const { simulation, alice, peer, update, close } = await establishWithScript();
    const target = alice.dialog?.remoteTarget.toString();
    alice.onUpdate = (one) => {
      expect(alice.dialog?.remoteTarget.toString()).toBe(target);
      one.reject(488);
      expect(() => one.accept()).toThrow(/final response/);
      expect(one.inbound.hop.port).toBe(5060);
    };
    update(5, 'v=0');
    await simulation.run(20);
    expect(peer.all(488)).toHaveLength(1);
    expect(alice.dialog?.remoteTarget.toString()).toBe(target);
    alice.onUpdate = (one) => one.accept({ body: SDP });
    update(6, 'v=0');
    await simulation.run(20);
    expect(alice.dialog?.remoteTarget.toString()).toBe('sip:moved@10.0.0.2');
    await close();
  });

  it('that the owner leaves unanswered gets 500 for the next, and is forgotten after 64*T1 (RFC 3311 §5.2)', async () => {
    const { simulation, alice, peer, update, close } = await establishWithScript();
    alice.onUpdate = (one) => (one.user = { onWithdrawn: () => alice.say('withdrawn') });
    update(5, 'v=0');
    await simulation.run(20);
    update(6, 'v=0');
    await simulation.run(20);
    expect(Number(peer.response(500).headers.raw('Retry-After')[0])).toBeLessThanOrEqual(10);
    expect(alice.dialog?.offerState.name).toBe('offerReceived');
    await simulation.run(40_000);
    expect(alice.log).toEqual(['update', 'withdrawn']);
    expect(alice.dialog?.offerState.name).toBe('complete');
    await close();
  });

  it('is answered with 487 when the dialog ends before the owner has answered', async () => {
    const { simulation, alice, peer, update, close } = await establishWithScript();
    alice.onUpdate = () => {};
    update(5, 'v=0');
    await simulation.run(20);
    alice.dialog?.bye();
    await simulation.run(20);
    expect(peer.all(487)).toHaveLength(1);
    await close();
  });

  it('is refused where nobody takes it', async () => {
    const { simulation, alice, peer, update, close } = await establishWithScript();
    if (alice.dialog !== undefined) alice.dialog.user = {};
    update(5, 'v=0');
    await simulation.run(20);
    expect(peer.all(488)).toHaveLength(1);
    await close();
  });

  it('refused with 500 is repeated when Retry-After says so, and withdrawn it is not', async () => {
    const { simulation, alice, peer, close } = await establishWithScript();
    const refuse = async (): Promise<void> => {
      await simulation.run(20);
      peer.answer('UPDATE', 500, { headers: [['Retry-After', '3']] });
      await simulation.run(20);
    };
    alice.update();
    await refuse();
    expect(alice.dialog?.offerState.name).toBe('complete');
    await simulation.run(2900);
    expect(peer.all('UPDATE')).toHaveLength(1);
    await simulation.run(200);
    expect(peer.all('UPDATE')).toHaveLength(2);
    alice.updating?.withdraw();
    await refuse();
    expect(alice.log).toEqual(['update rejected 500']);
    alice.update();
    await refuse();
    alice.updating?.withdraw();
    expect(alice.log.at(-1)).toBe('update failed cancelled');
    alice.update();
    await refuse();
    await close();
    expect(alice.log.at(-2)).toBe('update failed dialogEnded');
  });

  it('nobody answers ends the dialog with BYE; 481 without (RFC 3311 §5.3)', async () => {
    const silent = await establishWithScript();
    silent.alice.update();
    await silent.simulation.run(33_000);
    expect(silent.alice.log).toEqual(['update failed timeout', 'ended timeout']);
    await silent.close();
    const lost = await establishWithScript();
    lost.alice.update();
    await lost.simulation.run(20);
    lost.peer.answer('UPDATE', 481);
    await lost.simulation.run(20);
    expect(lost.alice.log).toEqual(['update rejected 481', 'ended refused 481']);
    await lost.close();
    expect(() => lost.alice.update()).toThrow(/terminated/);
  });

  it('waiting for its turn is withdrawn without a word, or ends with the dialog', async () => {
    const { simulation, alice, bob } = await establish();
    bob.onReinvite = () => {};
    alice.reinvite();
    alice.update();
    alice.updating?.withdraw();
    alice.update();
    await simulation.run(100);
    alice.dialog?.bye();
    expect(alice.log.slice(0, 2)).toEqual([
      'update failed cancelled',
      'reinvite failed dialogEnded',
    ]);
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('that cannot be sent fails', async () => {
    const simulation = createSimulation({ seed: 5 });
    const alice = new Phone(simulation, 'alice', { sessionTimers: false });
    const bob = new Phone(simulation, 'bob', { sessionTimers: false });
    bob.onInvite = (invite) => bob.answer(invite);
    alice.call('bob', { hops: [bob.host.hop('tcp')] });
    await simulation.run(1000);
    alice.log.length = 0;
    bob.host.dropConnections();
    simulation.network.partition('alice', 'bob');
    alice.update();
    alice.host.dropConnections();
    await simulation.run(60_000);
    expect(alice.log[0]).toMatch(/update failed/);
    alice.layer.close();
    bob.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });
});
