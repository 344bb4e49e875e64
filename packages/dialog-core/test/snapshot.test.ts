import { createResponse } from '@strowger/sip-message';
import { createSimulation, type Simulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import type { DialogLayerOptions } from '@strowger/dialog-core';
import { type Phone, SDP } from './phone.ts';
import { boot, restart } from './restarting.ts';
import { ScriptedHost } from './scripted-host.ts';

/** Two phones without a call. */
function introduce(options: Partial<DialogLayerOptions> = {}) {
  const simulation = createSimulation({ seed: 7 });
  for (const name of ['alice', 'bob']) simulation.network.host(name);
  const alice = boot(simulation, 'alice', options);
  const bob = boot(simulation, 'bob', options);
  bob.onInvite = (invite) => bob.answer(invite);
  for (const phone of [alice, bob]) answerAll(phone);
  return { simulation, alice, bob };
}

async function establish(options: Partial<DialogLayerOptions> = {}) {
  const { simulation, alice, bob } = introduce(options);
  alice.call('bob');
  await simulation.run(100);
  for (const phone of [alice, bob]) phone.log.length = 0;
  return { simulation, alice, bob };
}

function answerAll(phone: Phone): void {
  phone.onRequest = (transaction) => transaction.respond(createResponse(transaction.request, 200));
}

/** Ends the call from this side, and nothing is left of it. */
async function hangUp(by: Phone, other: Phone): Promise<void> {
  by.dialog?.bye();
  await by.simulation.runUntilQuiet({ limitMs: 3_600_000 });
  expect(by.log.at(-1)).toBe('ended bye local');
  expect(other.log.at(-1)).toBe('ended bye remote');
  by.simulation.assertQuiet({ [by.name]: by.layer, [other.name]: other.layer });
  for (const { host } of [by, other]) expect(host.disk.size).toBe(0);
}

/** What the ladder says from this moment on, without the times. */
function watch(simulation: Simulation): () => string[] {
  const before = simulation.ladder().split('\n').length;
  return () =>
    simulation
      .ladder()
      .split('\n')
      .slice(before)
      .map((line) => line.trim().replace(/^\d+ /u, ''));
}

describe('a dialog at rest', () => {
  it('is a small plain value', async () => {
    const { alice, bob } = await establish();
    const snapshot = bob.dialog?.snapshot();
    expect(snapshot).toEqual({
      version: 1,
      ...bob.dialog?.id,
      role: 'uas',
      local: `<sip:bob@bob>;tag=${bob.dialog?.id.localTag}`,
      remote: `<sip:alice@alice>;tag=${bob.dialog?.id.remoteTag}`,
      localContact: `<sip:bob@${bob.host.address}:5060>`,
      remoteTarget: `sip:alice@${alice.host.address}:5060`,
      localSeq: 0,
      remoteSeq: 1,
      allowsUpdate: true,
      offer: 'complete',
      timer: { role: 'watching', seconds: 1800, agreedAt: expect.any(Number) },
    });
    expect(JSON.stringify(snapshot).length).toBeLessThan(600);
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  });

  it.each(['alice', 'bob'] as const)('goes on when %s is restarted', async (name) => {
    const { simulation, ...phones } = await establish();
    const again = await restart(phones[name], { awayMs: 5000 });
    const other = name === 'alice' ? phones.bob : phones.alice;
    answerAll(again);
    again.reinvite();
    await simulation.run(100);
    other.reinvite();
    await simulation.run(100);
    for (const phone of [again, other]) {
      phone.ask('INFO');
      phone.update();
    }
    await simulation.run(5000);
    again.ask('OPTIONS');
    await simulation.run(100);
    expect(again.log.toSorted()).toEqual(
      [
        'INFO',
        'INFO 200',
        'OPTIONS 200',
        'reinvite',
        'reinvite accepted',
        'update',
        'update accepted with answer',
      ].toSorted(),
    );
    await hangUp(name === 'alice' ? other : again, name === 'alice' ? again : other);
  });

  it('goes on when both are restarted, again and again', async () => {
    let { simulation, alice, bob } = await establish();
    for (let times = 1; times <= 3; times++) {
      alice = await restart(alice);
      bob = await restart(bob);
      alice.reinvite();
      await simulation.run(100);
      bob.reinvite();
      await simulation.run(100);
      expect([alice.log, bob.log]).toEqual([
        ['reinvite accepted', 'reinvite'],
        ['reinvite', 'reinvite accepted'],
      ]);
    }
    await hangUp(bob, alice);
  });

  it('forgets a connection that died with its process', async () => {
    const { simulation, alice, bob } = introduce();
    alice.call('bob', { hops: [bob.host.hop('tcp')] });
    await simulation.run(100);
    expect(bob.dialog?.snapshot().hop?.flow).toEqual(expect.any(String));
    const again = await restart(bob, { awayMs: 100 });
    again.reinvite();
    await simulation.run(200);
    expect(again.log).toEqual(['reinvite accepted']);
    await hangUp(again, alice);
  });

  it('lives once in a layer', async () => {
    const { alice } = await establish();
    const snapshot = alice.dialog?.snapshot();
    expect(() => alice.layer.restore(snapshot, {})).toThrow(
      expect.objectContaining({ code: 'DIALOG_EXISTS' }),
    );
    const full = boot(alice.simulation, 'bob', { limits: { dialogs: 0 } });
    expect(() => full.layer.restore(snapshot, {})).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_DIALOGS' }),
    );
    full.layer.close();
    expect(() => full.layer.restore(snapshot, {})).toThrow(
      expect.objectContaining({ code: 'CLOSED' }),
    );
  });

  it('cannot be saved before its 2xx, nor after its end', async () => {
    const { simulation, alice, bob } = await establish();
    alice.onProvisional = (_, dialog) =>
      expect(() => dialog?.snapshot()).toThrow(expect.objectContaining({ code: 'DIALOG_STATE' }));
    bob.onInvite = (invite) => invite.ring();
    const { dialog } = alice;
    alice.call('bob');
    await simulation.run(100);
    expect(alice.log).toEqual(['180 early']);
    dialog?.bye();
    expect(() => dialog?.snapshot()).toThrow(expect.objectContaining({ code: 'DIALOG_STATE' }));
  });
});

describe('the session timer of a restored dialog', () => {
  const sessionTimers = { intervalSeconds: 120 };

  it('goes on where it was', async () => {
    const { simulation, alice, bob } = await establish({ sessionTimers });
    const again = await restart(alice, { awayMs: 20_000, sessionTimers });
    expect(again.dialog?.sessionTimer).toMatchObject({ name: 'refresher', seconds: 120 });
    const ladder = watch(simulation);
    await simulation.run(39_800);
    expect(ladder()).toEqual([]);
    await simulation.run(200);
    expect(ladder()).toEqual(['alice --> bob  UPDATE', 'bob --> alice  200']);
    await hangUp(again, bob);
  });

  it('refreshes at once what is overdue', async () => {
    const { simulation, alice, bob } = await establish({ sessionTimers });
    const again = await restart(alice, { awayMs: 70_000, sessionTimers });
    const ladder = watch(simulation);
    await simulation.run(20);
    expect(ladder()).toEqual(['alice --> bob  UPDATE', 'bob --> alice  200']);
    await hangUp(again, bob);
  });

  it('ends what nobody refreshes, after a grace', async () => {
    const { simulation, alice, bob } = await establish({ sessionTimers });
    alice.host.kill();
    const again = await restart(bob, { awayMs: 85_000, sessionTimers });
    await simulation.run(31_900);
    expect(again.log).toEqual([]);
    await simulation.run(200);
    expect(again.log).toEqual(['ended notRefreshed']);
  });

  it('refreshes at once where the wall clock was set back', async () => {
    const { simulation, alice, bob } = await establish({ sessionTimers });
    alice.host.jumpWallClock(-86_400_000);
    const again = await restart(alice, { sessionTimers });
    const ladder = watch(simulation);
    await simulation.run(20);
    expect(ladder()).toEqual(['alice --> bob  UPDATE', 'bob --> alice  200']);
    await hangUp(again, bob);
  });
});

describe('what was under way when the process died', () => {
  it('is a 2xx of ours without ACK: it is repeated until the ACK comes', async () => {
    const { simulation, alice, bob } = introduce();
    alice.call('bob');
    await simulation.run(15);
    // answered at 10 ms; the ACK finds nobody
    const again = await restart(bob, { awayMs: 3000 });
    await simulation.run(100);
    expect(again.log).toEqual(['ACK']);
    await hangUp(again, alice);
  });

  it('is the same with our offer: the answer comes in the ACK', async () => {
    const { simulation, alice, bob } = introduce();
    alice.onAccepted = (dialog) => dialog.ack(SDP);
    alice.call('bob', { body: undefined });
    await simulation.run(15);
    expect(bob.dialog?.snapshot().invite).toMatchObject({ isOffer: true });
    const again = await restart(bob, { awayMs: 3000 });
    expect(again.dialog?.offerState).toEqual({
      name: 'offerSent',
      by: 'response',
      before: 'initial',
    });
    await simulation.run(100);
    expect(again.log).toEqual(['ACK']);
    expect(again.dialog?.offerState).toEqual({ name: 'complete' });
    await hangUp(again, alice);
  });

  it('is a BYE of ours that waits for the ACK: it still goes', async () => {
    const { simulation, alice, bob } = introduce();
    alice.call('bob');
    await simulation.run(12);
    bob.dialog?.bye();
    const again = await restart(bob, { awayMs: 3000 });
    await simulation.runUntilQuiet({ limitMs: 3_600_000 });
    expect(again.log).toEqual(['ended bye local']);
    expect(alice.log).toEqual(['accepted 200', 'BYE', 'ended bye remote']);
    simulation.assertQuiet({ alice: alice.layer, bob: again.layer });
  });

  it('is a 2xx that nobody acknowledges: the call ends with BYE', async () => {
    const { simulation, alice, bob } = introduce();
    alice.call('bob');
    await simulation.run(12);
    alice.host.kill();
    const again = await restart(bob);
    await simulation.runUntilQuiet({ limitMs: 3_600_000 });
    expect(again.log).toEqual(['ended noAck']);
  });

  it('is an ACK of ours that was lost: a repeated 2xx gets it', async () => {
    const { simulation, alice } = introduce();
    const peer = new ScriptedHost(simulation, 'peer');
    alice.onAccepted = (dialog) => dialog.ack(SDP);
    alice.call('peer', { body: undefined });
    await simulation.run(20);
    peer.answer('INVITE', 200, { body: 'v=0' });
    await simulation.run(20);
    const again = await restart(alice);
    for (const times of [2, 3]) {
      peer.answer('INVITE', 200, { body: 'v=0' });
      await simulation.run(20);
      expect(peer.all('ACK')).toHaveLength(times);
    }
    const [first, ...others] = peer.all('ACK').map(({ message }) => message);
    for (const other of others) {
      expect(other.cseq).toEqual(first?.cseq);
      expect(other.body).toEqual(first?.body);
    }
    // long after: whoever sent it has given up
    peer.answer('INVITE', 200, { tag: 'other', body: 'v=0' });
    await simulation.run(20);
    expect(peer.all('ACK')).toHaveLength(3);
    again.layer.close();
  });

  it('is a 2xx of the peer that its owner had not acknowledged: it is, at once', async () => {
    const { simulation, alice, bob } = introduce();
    alice.onAccepted = () => {};
    alice.call('bob');
    await simulation.run(30);
    expect(alice.dialog?.snapshot().acks).toEqual([{ cseq: 1, isOwed: true }]);
    const text = JSON.stringify(alice.dialog?.snapshot());
    alice.host.kill();
    const again = boot(simulation, 'alice');
    again.dialog = again.watch(again.layer.restore(JSON.parse(text), {}));
    await simulation.run(100);
    expect(bob.log).toEqual(['ACK']);
    await hangUp(again, bob);
  });

  it('is a re-INVITE of ours: rolled back, its 2xx acknowledged', async () => {
    const { simulation, alice, bob } = await establish();
    alice.reinvite();
    await simulation.run(5);
    const again = await restart(alice);
    expect(again.dialog?.offerState).toEqual({ name: 'complete' });
    const ladder = watch(simulation);
    await simulation.run(100);
    expect(ladder()).toEqual(['bob --> alice  200', 'alice --> bob  ACK']);
    again.reinvite();
    await simulation.run(100);
    expect(again.log).toEqual(['reinvite accepted']);
    await hangUp(bob, again);
  });

  it('is a re-INVITE of the peer: it gets 500 and asks again', async () => {
    const { simulation, alice, bob } = await establish();
    bob.onReinvite = (reinvite) => reinvite.progress(183);
    alice.reinvite();
    await simulation.run(1000);
    const again = await restart(bob, { awayMs: 1000 });
    await simulation.run(11_000);
    expect(again.log).toEqual(['reinvite']);
    expect(alice.log).toEqual(['reinvite accepted']);
    await hangUp(again, alice);
  });

  it('is a re-INVITE of the peer with a 2xx: it is repeated', async () => {
    const { simulation, alice, bob } = await establish();
    alice.reinvite();
    await simulation.run(15);
    const again = await restart(bob, { awayMs: 2000 });
    await simulation.run(1000);
    expect(again.log).toEqual(['ACK']);
    again.reinvite();
    await simulation.run(100);
    expect(again.log).toEqual(['ACK', 'reinvite accepted']);
    await hangUp(again, alice);
  });
});

describe('onDialogChanged', () => {
  it('tells a CSeq number before its request leaves', async () => {
    const { simulation, alice, bob } = await establish();
    const saved: number[] = [];
    const seen: string[] = [];
    alice.save = (dialog) => {
      if (dialog.state !== 'terminated') saved.push(dialog.snapshot().localSeq);
    };
    simulation.network.tap(({ type, message, host }) => {
      if (type === 'sent' && host === 'alice') seen.push(`${message.cseq.number} ${saved.at(-1)}`);
    });
    alice.ask('OPTIONS');
    await simulation.run(100);
    alice.dialog?.bye();
    expect(seen[0]).toBe('2 2');
    expect(bob.log).toEqual(['OPTIONS']);
  });
});
