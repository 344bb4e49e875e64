import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { Phone, SDP } from './phone.ts';

function scene() {
  const simulation = createSimulation({ seed: 11 });
  const alice = new Phone(simulation, 'alice', { sessionTimers: false });
  const bob = new Phone(simulation, 'bob', { sessionTimers: false });
  bob.onInvite = (invite) => bob.answer(invite);
  const states = (): unknown[] =>
    [alice, bob].map(({ dialog }) => dialog?.offerState.name ?? 'none');
  const finish = async (): Promise<void> => {
    alice.dialog?.bye();
    await simulation.runUntilQuiet();
    simulation.assertQuiet({ alice: alice.layer, bob: bob.layer });
  };
  return { simulation, alice, bob, states, finish };
}

/** The six places that an offer and its answer may have (RFC 6337 table 1). */
describe('offer and answer (RFC 6337 §2)', () => {
  it('1: in INVITE and 200', async () => {
    const { simulation, alice, states, finish } = scene();
    alice.call('bob');
    await simulation.run(100);
    expect(states()).toEqual(['complete', 'complete']);
    await finish();
  });

  it('2: in 200 and ACK', async () => {
    const { simulation, alice, bob, states, finish } = scene();
    alice.onAccepted = (dialog) => {
      expect(dialog.offerState.name).toBe('offerReceived');
      dialog.ack(SDP);
    };
    alice.call('bob', { body: undefined });
    await simulation.run(15);
    expect(bob.dialog?.offerState.name).toBe('offerSent');
    await simulation.run(100);
    expect(states()).toEqual(['complete', 'complete']);
    await finish();
  });

  it('2: an ACK without the answer leaves everything as it was', async () => {
    const { simulation, alice, states, finish } = scene();
    alice.call('bob', { body: undefined });
    await simulation.run(100);
    expect(states()).toEqual(['initial', 'initial']);
    await finish();
  });

  it('3: in INVITE and reliable 1xx', async () => {
    const { simulation, alice, bob, finish } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      bob.after(1000, () => bob.answer(invite));
    };
    alice.call('bob');
    await simulation.run(100);
    expect(alice.outgoing?.earlyDialogs[0]?.offerState.name).toBe('complete');
    expect(bob.incoming?.dialog?.offerState.name).toBe('complete');
    await simulation.run(2000);
    await finish();
  });

  it('4: in reliable 1xx and PRACK', async () => {
    const { simulation, alice, bob, states, finish } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      if (invite.dialog !== undefined) bob.watch(invite.dialog);
      bob.after(1000, () => bob.answer(invite));
    };
    alice.onProvisional = (_, dialog) => {
      if (dialog?.offerState.name !== 'offerReceived') return;
      // the owner takes its time
      alice.after(300, () => dialog.prack(SDP));
    };
    alice.call('bob', { body: undefined });
    await simulation.run(2000);
    expect(bob.log).toContain('PRACK with answer');
    expect(states()).toEqual(['complete', 'complete']);
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  183
         320 alice --> bob  PRACK
         330 bob --> alice  200
        1010 bob --> alice  200
        1020 alice --> bob  ACK"
    `);
    await finish();
  });

  it('5: in PRACK and the 200 to it', async () => {
    const { simulation, alice, bob, states, finish } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      if (invite.dialog !== undefined) bob.watch(invite.dialog);
      bob.after(1000, () => bob.answer(invite));
    };
    alice.onProvisional = (_, dialog) => dialog?.prack(SDP, alice.told('offer in PRACK'));
    alice.call('bob');
    await simulation.run(100);
    expect(bob.log).toEqual(['PRACK with offer']);
    expect(alice.log).toEqual(['183 early', 'offer in PRACK accepted with answer']);
    await simulation.run(2000);
    expect(states()).toEqual(['complete', 'complete']);
    await finish();
  });

  it('5: refused leaves what was agreed, and one too many is not sent', async () => {
    const { simulation, alice, bob, states, finish } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { reliable: true });
      bob.after(500, () => invite.progress(183, { body: SDP }));
      if (invite.dialog !== undefined) bob.watch(invite.dialog);
      bob.after(1000, () => bob.answer(invite));
    };
    bob.onPrack = (prack) => prack.reject(488);
    alice.onProvisional = (response, dialog) => {
      if (response.body.length > 0) return dialog?.prack(SDP, alice.told('offer in PRACK'));
      expect(() => dialog?.prack(SDP)).toThrow(/no answer yet/);
    };
    alice.call('bob');
    await simulation.run(2000);
    expect(alice.log).toContain('offer in PRACK rejected 488');
    expect(states()).toEqual(['complete', 'complete']);
    expect(() => alice.dialog?.prack()).toThrow(/waits for a PRACK/);
    await finish();
    alice.dialog?.prack();
  });

  it('6: in UPDATE and the 200 to it, early and confirmed, from both sides', async () => {
    const { simulation, alice, bob, states, finish } = scene();
    bob.onInvite = (invite) => {
      invite.progress(183, { body: SDP });
      if (invite.dialog !== undefined) bob.watch(invite.dialog);
      bob.after(200, () => bob.update(undefined, invite.dialog));
      bob.after(1000, () => bob.answer(invite));
    };
    alice.call('bob');
    await simulation.run(100);
    alice.update(undefined, alice.outgoing?.earlyDialogs[0]);
    await simulation.run(2000);
    alice.update();
    await simulation.run(100);
    expect(alice.log).toEqual([
      '183 early',
      'update accepted with answer',
      'update',
      'accepted 200',
      'update accepted with answer',
    ]);
    expect(bob.log).toEqual(['update', 'update accepted with answer', 'ACK', 'update']);
    expect(states()).toEqual(['complete', 'complete']);
    await finish();
  });

  it('rolled back after a 488 is as if it had not been made', async () => {
    const { simulation, alice, bob, states, finish } = scene();
    alice.call('bob');
    await simulation.run(100);
    bob.onReinvite = (reinvite) => reinvite.reject(488);
    bob.onUpdate = (update) => update.reject(488);
    alice.reinvite();
    await simulation.run(15);
    expect(alice.dialog?.offerState).toEqual({
      name: 'offerSent',
      by: 'invite',
      before: 'complete',
    });
    await simulation.run(100);
    expect(states()).toEqual(['complete', 'complete']);
    alice.update();
    await simulation.run(100);
    expect(states()).toEqual(['complete', 'complete']);
    expect(alice.log.slice(1)).toEqual(['reinvite rejected 488', 'update rejected 488']);
    await finish();
  });
});
