import type { HeaderInput } from '@strowger/sip-message';
import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { type Dialog, referenceTo } from '@strowger/dialog-core';
import { Phone } from './phone.ts';

type Named = 'Replaces' | 'Join';

/** Alice calls Bob; then Carol's INVITE names that dialog as Bob knows it. */
async function arrange({ answered = true, toTarget = 'bob' } = {}) {
  const simulation = createSimulation({ seed: 1 });
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((n) => new Phone(simulation, n));
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error('nobody');
  bob.onInvite = (invite) => {
    invite.ring();
    if (answered) bob.answer(invite);
  };
  alice.call('bob');
  await simulation.run(1000);
  const target = toTarget === 'bob' ? bob : alice;
  const other = toTarget === 'bob' ? alice : bob;
  const reference = (isEarlyOnly = false) => {
    const dialog = other.dialog ?? other.outgoing?.earlyDialogs[0] ?? other.incoming?.dialog;
    if (dialog === undefined) throw new Error('no dialog');
    return referenceTo(dialog, isEarlyOnly);
  };
  const call = async (...headers: [Named, HeaderInput][]): Promise<string[]> => {
    carol.call(target.name, { headers });
    await simulation.run(1500);
    return carol.log;
  };
  const quiet = async (): Promise<void> => {
    for (const phone of [alice, bob, carol]) {
      if (phone.dialog !== undefined) phone.dialog.bye();
      else phone.outgoing?.cancel();
    }
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer, carol: carol.layer });
  };
  return { simulation, alice, bob, carol, target, reference, call, quiet };
}

/** Takes over: accepts the new call and ends what it replaces. */
const takeOver = (phone: Phone): void => {
  phone.onInvite = (invite) => {
    const replaced: Dialog | undefined = invite.replaces;
    phone.say(replaced === undefined ? 'call' : `replaces ${replaced.state}`);
    if (invite.joins !== undefined) phone.say(`joins ${invite.joins.state}`);
    phone.answer(invite);
    if (replaced?.state === 'early') phone.outgoing?.cancel();
    else replaced?.bye();
  };
};

describe('an INVITE with Replaces (RFC 3891 §3)', () => {
  it('takes the place of a confirmed dialog, which ends with BYE', async () => {
    const { simulation, alice, bob, target, reference, call, quiet } = await arrange();
    takeOver(target);
    expect(await call(['Replaces', reference()])).toEqual(['accepted 200']);
    expect(bob.log).toContain('replaces confirmed');
    expect(alice.log.slice(-2)).toEqual(['BYE', 'ended bye remote']);
    expect(`\n${simulation.ladder()}`).toMatchInlineSnapshot(`
      "
           0 alice --> bob  INVITE
          10 bob --> alice  180
          10 bob --> alice  200
          20 alice --> bob  ACK
        1000 carol --> bob  INVITE
        1010 bob --> carol  200
        1010 bob --> alice  BYE
        1020 carol --> bob  ACK
        1020 alice --> bob  200"
    `);
    await quiet();
  });

  it('takes the place of an early dialog that we began, which ends with CANCEL', async () => {
    const { alice, reference, call, quiet } = await arrange({ answered: false, toTarget: 'alice' });
    takeOver(alice);
    expect(await call(['Replaces', reference(true)])).toEqual(['accepted 200']);
    expect(alice.log).toContain('replaces early');
    expect(alice.log).toContain('rejected 487');
    await quiet();
  });

  it('gets 481 for an early dialog that we did not begin', async () => {
    const { reference, call, quiet, target } = await arrange({ answered: false });
    takeOver(target);
    expect(await call(['Replaces', reference()])).toEqual(['rejected 481']);
    await quiet();
  });

  it('gets 486 where only an early dialog may be replaced and it is confirmed', async () => {
    const { reference, call, quiet } = await arrange();
    expect(await call(['Replaces', reference(true)])).toEqual(['rejected 486']);
    await quiet();
  });

  it('gets 481 for a dialog nobody knows, and for one with its tags swapped', async () => {
    const { reference, call, quiet } = await arrange();
    await call(['Replaces', { callId: 'x', toTag: 'a', fromTag: 'b' }]);
    const { callId, toTag, fromTag } = reference();
    await call(['Replaces', { callId, toTag: fromTag, fromTag: toTag }]);
    expect(await call(['Replaces', { callId, toTag, fromTag: '0' }])).toEqual([
      'rejected 481',
      'rejected 481',
      'rejected 481',
    ]);
    await quiet();
  });

  it('gets 603 for a dialog that is being ended', async () => {
    const { simulation, bob, reference, call, quiet } = await arrange();
    simulation.network.partition('alice', 'bob');
    const ended = reference();
    bob.dialog?.bye();
    expect(await call(['Replaces', ended])).toEqual(['rejected 603']);
    simulation.network.heal('alice', 'bob');
    await quiet();
  });

  it('gets 400 with more than one of Replaces and Join', async () => {
    const { reference, call, quiet } = await arrange();
    expect(await call(['Replaces', reference()], ['Join', reference()])).toEqual(['rejected 400']);
    await quiet();
  });
});

describe('an INVITE with Join (RFC 3911 §4)', () => {
  it.each([true, false])('joins a dialog, answered: %s', async (answered) => {
    const { bob, reference, call, quiet } = await arrange({ answered });
    takeOver(bob);
    expect(await call(['Join', reference()])).toEqual(['accepted 200']);
    expect(bob.log).toContain(`joins ${answered ? 'confirmed' : 'early'}`);
    await quiet();
  });
});
