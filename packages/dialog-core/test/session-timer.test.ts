import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { DialogLayerOptions } from '@strowger/dialog-core';
import { Phone } from './phone.ts';
import { ScriptedHost } from './scripted-host.ts';

type Timers = DialogLayerOptions['sessionTimers'];

async function establish(ours: Timers, theirs: Timers, allow?: readonly string[]) {
  const simulation = createSimulation({ seed: 5 });
  const alice = new Phone(simulation, 'alice', { sessionTimers: ours });
  const bob = new Phone(simulation, 'bob', { sessionTimers: theirs, allow });
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

/** A call with a peer that does what the test says. */
async function withScript(headers: [string, string][], options: Timers = {}) {
  const simulation = createSimulation({ seed: 5 });
  const alice = new Phone(simulation, 'alice', { sessionTimers: options });
  const peer = new ScriptedHost(simulation, 'peer');
  alice.call('peer');
  await simulation.run(20);
  peer.answer('INVITE', 200, { headers, body: 'v=0' });
  await simulation.run(20);
  alice.log.length = 0;
  const close = async (): Promise<void> => {
    alice.layer.close();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer });
  };
  return { simulation, alice, peer, close };
}

const NO_UPDATE = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'PRACK'];

describe('the session timer (RFC 4028)', () => {
  it('is refreshed by UPDATE at half of the interval, by the caller (RFC 4028 §7.4, §10)', async () => {
    const { simulation, alice, bob, hangUp } = await establish({ intervalSeconds: 120 }, {});
    expect(alice.dialog?.sessionTimer).toMatchObject({ name: 'refresher', seconds: 120 });
    expect(bob.dialog?.sessionTimer).toMatchObject({ name: 'watching', seconds: 120 });
    await simulation.run(130_000);
    expect(simulation.ladder().split('\n').slice(3)).toMatchInlineSnapshot(`
      [
        " 60020 alice --> bob  UPDATE",
        " 60030 bob --> alice  200",
        "120040 alice --> bob  UPDATE",
        "120050 bob --> alice  200",
      ]
    `);
    expect([...alice.log, ...bob.log]).toEqual([]);
    await hangUp();
  });

  it('is refreshed by the callee where the caller wants it so', async () => {
    const { simulation, alice, bob, hangUp } = await establish(
      { intervalSeconds: 120, refresher: 'uas' },
      {},
    );
    expect(alice.dialog?.sessionTimer.name).toBe('watching');
    expect(bob.dialog?.sessionTimer.name).toBe('refresher');
    await simulation.run(70_000);
    expect(simulation.ladder()).toContain('bob --> alice  UPDATE');
    await hangUp();
  });

  it('is refreshed by re-INVITE where the peer takes no UPDATE', async () => {
    const { simulation, alice, bob, hangUp } = await establish(
      { intervalSeconds: 120 },
      {},
      NO_UPDATE,
    );
    await simulation.run(130_000);
    expect(alice.log).toEqual(['refresh', 'reinvite accepted', 'refresh', 'reinvite accepted']);
    expect(bob.log).toEqual(['reinvite', 'reinvite']);
    await hangUp();
  });

  it('is refreshed by any change of ours', async () => {
    const { simulation, alice, hangUp } = await establish({ intervalSeconds: 120 }, {});
    await simulation.run(50_000);
    alice.reinvite();
    await simulation.run(40_000);
    expect(simulation.ladder()).not.toContain('UPDATE');
    await simulation.run(40_000);
    expect(simulation.ladder()).toContain('UPDATE');
    await hangUp();
  });

  it('ends the session with BYE when nobody refreshes, at SE - min(32, SE/3) (RFC 4028 §10)', async () => {
    const { simulation, alice, bob } = await establish({ intervalSeconds: 120 }, {});
    simulation.network.partition('alice', 'bob');
    await simulation.run(86_999); // the 200 left at 10 ms
    expect(bob.log).toEqual([]);
    await simulation.run(20);
    expect(bob.log).toEqual(['ended notRefreshed']);
    // alice's refresh of 60 s has been without answer for 32 s by then
    await simulation.runUntilQuiet();
    expect(alice.log[0]).toMatch(/^ended/);
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  });

  it('ends it as refresher too, where the refresh is refused', async () => {
    const { simulation, alice, peer, close } = await withScript([
      ['Session-Expires', '90;refresher=uac'],
      ['Allow', 'INVITE, UPDATE'],
    ]);
    alice.onRefresh = () => {};
    await simulation.run(45_100);
    peer.answer('UPDATE', 501);
    await simulation.run(20);
    expect(alice.log).toEqual(['refresh']);
    await simulation.run(15_000);
    expect(alice.log).toEqual(['refresh', 'ended notRefreshed']);
    expect(peer.all('BYE').length).toBeGreaterThan(0);
    await close();
  });

  it('is left alone while a change of ours is under way when the refresh is due', async () => {
    const { simulation, alice, peer, close } = await withScript([
      ['Session-Expires', '90;refresher=uac'],
      ['Allow', 'INVITE, UPDATE'],
    ]);
    await simulation.run(44_000);
    alice.reinvite();
    await simulation.run(20);
    peer.answer('INVITE', 183);
    await simulation.run(5000);
    expect(peer.all('UPDATE')).toHaveLength(0);
    await close();
  });

  it('is not used where the peer does not support it, unless forced', async () => {
    const plain = await establish({ intervalSeconds: 120 }, false);
    expect(plain.alice.dialog?.sessionTimer.name).toBe('off');
    await plain.simulation.run(200_000);
    expect(plain.simulation.ladder()).not.toContain('UPDATE');
    await plain.hangUp();
    const forced = await establish({ intervalSeconds: 120, force: true }, false);
    expect(forced.alice.dialog?.sessionTimer.name).toBe('refresher');
    await forced.simulation.run(70_000);
    expect(forced.simulation.ladder()).toContain('UPDATE');
    await forced.hangUp();
    const called = await establish(false, { intervalSeconds: 120, force: true });
    expect(called.bob.dialog?.sessionTimer.name).toBe('refresher');
    await called.hangUp();
  });

  it('stops when a refresh is answered without it (RFC 4028 §7.2)', async () => {
    const { simulation, alice, peer, close } = await withScript([
      ['Session-Expires', '90;refresher=uac'],
      ['Allow', 'INVITE, UPDATE'],
    ]);
    await simulation.run(45_100);
    const update = peer.request('UPDATE');
    expect(update.headers.raw('Session-Expires')).toEqual(['90;refresher=uac']);
    peer.answer('UPDATE', 200);
    await simulation.run(20);
    expect(alice.dialog?.sessionTimer).toEqual({ name: 'off' });
    await close();
  });

  it('that is too short gets 422, and the call goes on with what the peer takes (RFC 4028 §6, §7.3)', async () => {
    const { simulation, alice, bob, hangUp } = await establish(
      { intervalSeconds: 90 },
      { minSeconds: 300, intervalSeconds: 300 },
    );
    expect(alice.dialog?.sessionTimer).toMatchObject({ name: 'refresher', seconds: 300 });
    expect(bob.dialog?.sessionTimer).toMatchObject({ name: 'watching', seconds: 300 });
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  422
          20 alice --> bob  ACK
          20 alice --> bob  INVITE
          30 bob --> alice  200
          40 alice --> bob  ACK"
    `);
    await hangUp();
  });

  it('gets 422 within the dialog as well', async () => {
    const { simulation, alice, peer, close } = await withScript([], { minSeconds: 200 });
    const ack = peer.request('ACK');
    for (const [at, method] of ['UPDATE', 'INVITE'].entries()) {
      peer.send(method, alice.host.hop(), [
        ['From', ack.to.toString()],
        ['To', ack.from.toString()],
        ['Call-ID', ack.callId],
        ['CSeq', `${9 + at} ${method}`],
        ['Contact', '<sip:peer@peer>'],
        ['Supported', 'timer'],
        ['Session-Expires', '90'],
      ]);
      await simulation.run(20);
    }
    expect(peer.all(422).map(({ message }) => message.headers.raw('Min-SE'))).toEqual([
      ['200'],
      ['200'],
    ]);
    await close();
  });

  it('does not chase a peer that asks for more and more', async () => {
    const simulation = createSimulation({ seed: 5 });
    const alice = new Phone(simulation, 'alice');
    const peer = new ScriptedHost(simulation, 'peer');
    alice.call('peer');
    for (let more = 1; more < 10; more++) {
      await simulation.run(20);
      peer.answer('INVITE', 422, { headers: [['Min-SE', `${more * 10_000}`]] });
    }
    await simulation.runUntilQuiet();
    expect(alice.log).toEqual(['rejected 422']);
    expect(new Set(peer.all('INVITE').map(({ message }) => message.cseq.number)).size).toBe(7);
    simulation.assertQuiet({ alice: alice.layer });
  });
});
