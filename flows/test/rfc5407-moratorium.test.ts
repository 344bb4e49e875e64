import { describe, expect } from 'vitest';
import type { Call } from '../src/call.ts';
import { flow } from '../src/flow.ts';
import type { Phone } from '../src/phone.ts';
import type { Stage } from '../src/stage.ts';

/** A call of alice's up to the 180. */
async function ringing(
  on: Stage,
  { lateOffer = false } = {},
): Promise<{ alice: Phone; bob: Phone; call: Call }> {
  const { alice, bob } = on.phones('alice', 'bob');
  const call = alice.call('bob', lateOffer ? { offer: undefined } : {});
  await on.pause();
  bob.last.ring();
  await on.pause();
  on.shows(`
    alice -> bob    INVITE ${lateOffer ? '' : '[sendrecv]'}
    bob   -> alice  180 INVITE
  `);
  return { alice, bob, call };
}

describe('RFC 5407 §3.1: receiving a message in the moratorium state', () => {
  flow(
    'RFC 5407 §3.1.1',
    'Callee Receives Initial INVITE Retransmission (Preparative State)',
    async (on) => {
      const { alice, bob } = on.phones('alice', 'bob');
      const call = alice.call('bob');
      on.wire.lose('bob -> alice 180 INVITE');
      await on.pause(50);
      bob.last.ring();
      await on.pause(445);
      bob.last.answer(); // crosses the INVITE that timer A sends again
      await on.pause();
      // RFC 6026 §7.1: the accepted server transaction absorbs the INVITE; no second call begins
      on.shows(`
        alice -> bob    INVITE [sendrecv]
        bob   -x alice  180 INVITE
        bob   -> alice  200 INVITE [sendrecv]
        alice -> bob    INVITE [sendrecv]
        alice -> bob    ACK
      `);
      expect([call.log, bob.calls.length, bob.last.log]).toEqual([['accepted'], 1, ['ACK']]);
      call.hangUp();
      await on.pause();
      on.shows(`
        alice -> bob    BYE
        bob   -> alice  200 BYE
      `);
    },
  );

  flow('RFC 5407 §3.1.2', 'Callee Receives CANCEL (Early State)', async (on) => {
    const { bob, call } = await ringing(on);
    call.cancel();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice -> bob    CANCEL
      bob   -> alice  200 INVITE [sendrecv]
      bob   -> alice  200 CANCEL
      alice -> bob    ACK
      alice -> bob    BYE
      bob   -> alice  200 BYE
    `);
    expect([call.end, bob.last.end]).toEqual(['failed cancelled', 'ended bye remote']);
  });

  flow('RFC 5407 §3.1.3', 'Callee Receives BYE (Early State)', async (on) => {
    const { bob, call } = await ringing(on);
    call.hangUp();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice -> bob    BYE
      bob   -> alice  200 INVITE [sendrecv]
      bob   -> alice  200 BYE
      alice -> bob    ACK
    `);
    expect([call.end, bob.last.end]).toEqual(['failed cancelled', 'ended bye remote']);
  });

  flow('RFC 5407 §3.1.4', 'Callee Receives re-INVITE (Established State), Case 1', async (on) => {
    const { bob, call } = await ringing(on);
    on.wire.lose('alice -> bob ACK');
    bob.last.answer();
    await on.pause(495);
    call.reinvite('sendrecv'); // crosses the 200 that bob repeats
    await on.pause();
    // the first exchange is complete without the ACK, so the second may begin
    on.shows(`
      bob   -> alice  200 INVITE [sendrecv]
      alice -x bob    ACK
      alice -> bob    INVITE [sendrecv]
      bob   -> alice  200 INVITE [sendrecv]
      bob   -> alice  200 INVITE [sendrecv]
      alice -> bob    ACK
      alice -> bob    ACK
    `);
    const acks = on.wire.all('alice -> bob ACK').map(({ cseq }) => cseq.number);
    expect(acks).toEqual([1, 2]);
    expect([call.log.at(-1), bob.last.log]).toEqual(['changed', ['now sendrecv', 'ACK']]);
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice  BYE
      alice -> bob    200 BYE
    `);
  });

  flow('RFC 5407 §3.1.5', 'Callee Receives re-INVITE (Established State), Case 2', async (on) => {
    const { bob, call } = await ringing(on, { lateOffer: true });
    on.wire.lose('alice -> bob ACK');
    bob.last.answer();
    await on.pause(495);
    call.reinvite('sendonly');
    await on.pause();
    // the answer to bob's offer is in the ACK that was lost: an offer of alice's has to wait
    on.shows(`
      bob   -> alice  200 INVITE [sendrecv]
      alice -x bob    ACK [sendrecv]
      alice -> bob    INVITE [sendonly]
      bob   -> alice  200 INVITE [sendrecv]
      bob   -> alice  491 INVITE
      alice -> bob    ACK [sendrecv]
      alice -> bob    ACK
    `);
    await on.pause(4000);
    on.shows(`
      alice -> bob    INVITE [sendonly]
      bob   -> alice  200 INVITE [recvonly]
      alice -> bob    ACK
    `);
    expect([call.log.at(-1), bob.last.log]).toEqual(['changed', ['ACK', 'now recvonly']]);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice -> bob    BYE
      bob   -> alice  200 BYE
    `);
  });

  flow('RFC 5407 §3.1.6', 'Callee Receives BYE (Established State)', async (on) => {
    const { bob, call } = await ringing(on);
    on.wire.lose('alice -> bob ACK');
    bob.last.answer();
    await on.pause(495);
    call.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice  200 INVITE [sendrecv]
      alice -x bob    ACK
      alice -> bob    BYE
      bob   -> alice  200 INVITE [sendrecv]
      bob   -> alice  200 BYE
      alice -> bob    ACK
    `);
    expect([call.end, bob.last.log]).toEqual(['ended bye local', ['ended bye remote']]);
  });
});
