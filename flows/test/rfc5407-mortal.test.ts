import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect } from 'vitest';
import { flow } from '../src/flow.ts';
import { talking } from '../src/talking.ts';

describe('RFC 5407 §3.2: receiving a message in the mortal state', () => {
  flow('RFC 5407 §3.2.1', 'UA Receives BYE (Established State)', async (on) => {
    const { call, bob } = await talking(on);
    call.hangUp();
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      alice -> bob    BYE
      bob   -> alice  BYE
      bob   -> alice  200 BYE
      alice -> bob    200 BYE
    `);
    expect([call.end, bob.last.end]).toEqual(['ended bye local', 'ended bye local']);
  });

  flow('RFC 5407 §3.2.2', 'UA Receives re-INVITE (Established State)', async (on) => {
    const { call, bob } = await talking(on);
    call.hangUp();
    bob.last.reinvite('sendonly');
    await on.pause();
    on.shows(`
      alice -> bob    BYE
      bob   -> alice  INVITE [sendonly]
      bob   -> alice  200 BYE
      alice -> bob    481 INVITE
      bob   -> alice  ACK
    `);
    expect([call.end, bob.last.end]).toEqual(['ended bye local', 'ended bye remote']);
  });

  flow('RFC 5407 §3.2.3', 'UA Receives 200 OK for re-INVITE (Established State)', async (on) => {
    const { call, bob } = await talking(on);
    call.reinvite('sendonly');
    await on.pause(5);
    call.hangUp(); // before the 200 can come
    await on.pause();
    on.shows(`
      alice -> bob    INVITE [sendonly]
      alice -> bob    BYE
      bob   -> alice  200 INVITE [recvonly]
      bob   -> alice  200 BYE
      alice -> bob    ACK
    `);
    expect(on.request('alice -> bob ACK').cseq.number).toBe(2);
    expect([call.end, bob.last.end]).toEqual(['ended bye local', 'ended bye remote']);
  });

  flow('RFC 5407 §3.2.4', 'Callee Receives ACK (Moratorium State)', async (on) => {
    const { alice, bob } = on.phones('alice', 'bob');
    const call = alice.call('bob');
    on.wire.delay('alice -> bob ACK', 50);
    await on.pause(20);
    bob.last.ring();
    bob.last.answer();
    await on.pause(15);
    call.hangUp(); // overtakes the ACK
    await on.pause();
    on.shows(`
      alice -> bob    INVITE [sendrecv]
      bob   -> alice  180 INVITE
      bob   -> alice  200 INVITE [sendrecv]
      alice -> bob    ACK (late)
      alice -> bob    BYE
      bob   -> alice  200 BYE
    `);
    expect(bob.last.log).toEqual(['ended bye remote']);
  });
});

describe('RFC 5407 §3.3: other race conditions', () => {
  flow('RFC 5407 §3.3.1', 'Re-INVITE Crossover', async (on) => {
    const { call, bob } = await talking(on);
    call.reinvite('sendonly');
    bob.last.reinvite('inactive');
    await on.pause();
    on.shows(`
      alice -> bob    INVITE [sendonly]
      bob   -> alice  INVITE [inactive]
      bob   -> alice  491 INVITE
      alice -> bob    491 INVITE
      alice -> bob    ACK
      bob   -> alice  ACK
    `);
    // RFC 3261 §14.1: who made the Call-ID waits 2.1 to 4 s, the other up to 2 s
    await on.pause(2000);
    on.shows(`
      bob   -> alice  INVITE [inactive]
      alice -> bob    200 INVITE [inactive]
      bob   -> alice  ACK
    `);
    await on.pause(2200);
    on.shows(`
      alice -> bob    INVITE [sendonly]
      bob   -> alice  200 INVITE [recvonly]
      alice -> bob    ACK
    `);
    expect(call.log.slice(-2)).toEqual(['now inactive', 'changed']);
    expect(bob.last.log.slice(-2)).toEqual(['changed', 'now recvonly']);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice -> bob    BYE
      bob   -> alice  200 BYE
    `);
  });

  flow('RFC 5407 §3.3.2', 'UPDATE and re-INVITE Crossover', async (on) => {
    const { call, bob } = await talking(on);
    call.update('sendonly');
    bob.last.reinvite('inactive');
    await on.pause();
    on.shows(`
      alice -> bob    UPDATE [sendonly]
      bob   -> alice  INVITE [inactive]
      bob   -> alice  491 UPDATE
      alice -> bob    491 INVITE
      bob   -> alice  ACK
    `);
    await on.pause(4300);
    on.shows(`
      bob   -> alice  INVITE [inactive]
      alice -> bob    200 INVITE [inactive]
      bob   -> alice  ACK
      alice -> bob    UPDATE [sendonly]
      bob   -> alice  200 UPDATE [recvonly]
    `);
    expect(call.log.slice(-2)).toEqual(['now inactive', 'updated']);
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice  BYE
      alice -> bob    200 BYE
    `);
  });

  flow('RFC 5407 §3.3.3', 'Receiving REFER (Established State) in the mortal state', async (on) => {
    const { call, bob } = await talking(on);
    call.hangUp();
    const carol = new NameAddr({ uri: uri('sip:carol@carol') });
    bob.last.request('REFER', { headers: [['Refer-To', carol]] });
    await on.pause();
    on.shows(`
      alice -> bob    BYE
      bob   -> alice  REFER
      bob   -> alice  200 BYE
      alice -> bob    481 REFER
    `);
    expect([call.end, bob.last.end]).toEqual(['ended bye local', 'ended bye remote']);
  });
});
