import { referToReplacing } from '@strowger/dialog-core';
import { uri } from '@strowger/sip-message';
import { describe, expect } from 'vitest';
import type { Call } from '../src/call.ts';
import { flow } from '../src/flow.ts';
import type { Phone } from '../src/phone.ts';
import type { Stage } from '../src/stage.ts';
import { talking } from '../src/talking.ts';
import { follow, naming, refer, takesOver } from '../src/transfer.ts';

/** Alice talks with bob, who holds her and then talks with carol. */
async function consulting(
  on: Stage,
): Promise<{ alice: Phone; bob: Phone; carol: Phone; held: Call; consulted: Call }> {
  const { alice, bob } = await talking(on);
  const carol = on.phone('carol', { supported: ['replaces'] });
  const held = bob.last;
  held.reinvite('sendonly');
  await on.pause();
  const consulted = bob.call('carol');
  await on.pause();
  carol.last.answer();
  await on.pause();
  on.shows(`
    bob   -> alice INVITE [sendonly]
    alice -> bob   200 INVITE [recvonly]
    bob   -> alice ACK
    bob   -> carol INVITE [sendrecv]
    carol -> bob   200 INVITE [sendrecv]
    bob   -> carol ACK
  `);
  takesOver(carol);
  return { alice, bob, carol, held, consulted };
}

describe('RFC 5359 §2: transfer', () => {
  flow('RFC 5359 §2.4', 'Transfer - Unattended', async (on) => {
    const { alice, bob, call } = await talking(on);
    const carol = on.phone('carol');
    const transferred = bob.last;
    transferred.reinvite('sendonly');
    await on.pause();
    call.onRefer = follow(alice);
    refer(bob, transferred, uri('sip:carol@carol'));
    await on.pause();
    carol.last.ring();
    await on.pause();
    carol.last.answer();
    await on.pause();
    transferred.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice INVITE [sendonly]
      alice -> bob   200 INVITE [recvonly]
      bob   -> alice ACK
      bob   -> alice REFER
      alice -> bob   202 REFER
      alice -> bob   NOTIFY (100 Trying)
      alice -> carol INVITE [sendrecv]
      bob   -> alice 200 NOTIFY
      carol -> alice 180 INVITE
      carol -> alice 200 INVITE [sendrecv]
      alice -> carol ACK
      alice -> bob   NOTIFY (200 OK)
      bob   -> alice 200 NOTIFY
      bob   -> alice BYE
      alice -> bob   200 BYE
    `);
    const referred = on.request('alice -> carol INVITE');
    expect(referred.headers.raw('referred-by')).toEqual(['<sip:bob@bob>']);
    expect(on.request('alice -> bob NOTIFY').headers.raw('subscription-state')).toEqual([
      'terminated;reason=noresource',
    ]);
    expect([call.end, alice.last.log]).toEqual(['ended bye remote', ['180', 'accepted']]);
    carol.last.hangUp();
    await on.pause();
    on.shows(`
      carol -> alice BYE
      alice -> carol 200 BYE
    `);
  });

  flow('RFC 5359 §2.5', 'Transfer - Attended', async (on) => {
    const { alice, bob, carol, held, consulted } = await consulting(on);
    alice.last.onRefer = follow(alice);
    if (consulted.dialog !== undefined) refer(bob, held, referToReplacing(consulted.dialog));
    await on.pause();
    held.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice REFER
      alice -> bob   202 REFER
      alice -> bob   NOTIFY (100 Trying)
      alice -> carol INVITE [sendrecv]
      bob   -> alice 200 NOTIFY
      carol -> alice 200 INVITE [sendrecv]
      carol -> bob   BYE
      alice -> carol ACK
      alice -> bob   NOTIFY (200 OK)
      bob   -> carol 200 BYE
      bob   -> alice 200 NOTIFY
      bob   -> alice BYE
      alice -> bob   200 BYE
    `);
    const taken = on.request('alice -> carol INVITE');
    expect(taken.headers.get('replaces')).toEqual(naming(consulted));
    expect(taken.headers.raw('referred-by')).toEqual(['<sip:bob@bob>']);
    expect([consulted.end, held.end]).toEqual(['ended bye remote', 'ended bye local']);
    expect([alice.last.log, carol.last.log]).toEqual([['accepted'], ['ACK']]);
    alice.last.hangUp();
    await on.pause();
    on.shows(`
      alice -> carol BYE
      carol -> alice 200 BYE
    `);
  });

  flow('RFC 5359 §2.6', 'Transfer - Instant Messaging', async (on) => {
    const { alice, bob, carol, held, consulted } = await consulting(on);
    // alice's phone knows no REFER: bob sends her the address, and she follows the link
    const link =
      consulted.dialog === undefined ? '' : referToReplacing(consulted.dialog).toString();
    held.request('MESSAGE', { body: { type: 'text/plain', content: link } });
    await on.pause();
    expect(on.request('bob -> alice MESSAGE').text()).toBe(link);
    const moved = alice.call('carol', {
      headers: [
        ['Require', 'replaces'],
        ['Replaces', naming(consulted)],
      ],
    });
    await on.pause();
    held.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice MESSAGE
      alice -> bob   200 MESSAGE
      alice -> carol INVITE [sendrecv]
      carol -> alice 200 INVITE [sendrecv]
      carol -> bob   BYE
      alice -> carol ACK
      bob   -> carol 200 BYE
      bob   -> alice BYE
      alice -> bob   200 BYE
    `);
    expect([consulted.end, moved.log, bob.calls.length]).toEqual([
      'ended bye remote',
      ['accepted'],
      2,
    ]);
    carol.last.hangUp();
    await on.pause();
    on.shows(`
      carol -> alice BYE
      alice -> carol 200 BYE
    `);
  });
});

describe('RFC 5359 §2: three parties', () => {
  const focus = (phone: Phone): [string, string][] => [
    ['Contact', `<sip:conference@${phone.host.address}:5060>;isfocus`],
  ];

  flow('RFC 5359 §2.10', '3-Way Conference - Third Party Is Added', async (on) => {
    const { alice, bob, call } = await talking(on);
    const carol = on.phone('carol');
    const first = bob.last;
    first.reinvite('sendonly');
    await on.pause();
    const second = bob.call('carol', { headers: focus(bob) });
    await on.pause();
    carol.last.ring();
    await on.pause();
    carol.last.answer();
    await on.pause();
    first.reinvite('sendrecv', focus(bob)); // bob mixes, and says so (RFC 4579 §5.2)
    await on.pause();
    on.shows(`
      bob   -> alice INVITE [sendonly]
      alice -> bob   200 INVITE [recvonly]
      bob   -> alice ACK
      bob   -> carol INVITE [sendrecv]
      carol -> bob   180 INVITE
      carol -> bob   200 INVITE [sendrecv]
      bob   -> carol ACK
      bob   -> alice INVITE [sendrecv]
      alice -> bob   200 INVITE [sendrecv]
      bob   -> alice ACK
    `);
    expect(on.request('bob -> alice INVITE').headers.raw('contact').join()).toContain(';isfocus');
    expect(call.dialog?.remoteTarget.toString()).toContain('conference@');
    first.hangUp();
    second.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice BYE
      bob   -> carol BYE
      alice -> bob   200 BYE
      carol -> bob   200 BYE
    `);
    expect([alice.last.end, carol.last.end]).toEqual(['ended bye remote', 'ended bye remote']);
  });

  flow('RFC 5359 §2.11', '3-Way Conference - Third Party Joins', async (on) => {
    const { alice, carol } = on.phones('alice', 'carol');
    const bob = on.phone('bob', { supported: ['join'] });
    const call = alice.call('bob');
    await on.pause();
    const first = bob.last;
    first.answer();
    await on.pause();
    bob.onCall = (third) => {
      expect(third.incoming?.joins).toBe(first.dialog);
      third.answer('sendrecv', { headers: focus(bob) });
      bob.after(1, () => first.reinvite('sendrecv', focus(bob)));
    };
    // carol knows the dialog from bob's or alice's dialog event package (RFC 3911 §1)
    const third = carol.call('bob', {
      headers: [
        ['Require', 'join'],
        ['Join', naming(call)],
      ],
    });
    await on.pause();
    on.shows(`
      alice -> bob   INVITE [sendrecv]
      bob   -> alice 200 INVITE [sendrecv]
      alice -> bob   ACK
      carol -> bob   INVITE [sendrecv]
      bob   -> carol 200 INVITE [sendrecv]
      bob   -> alice INVITE [sendrecv]
      carol -> bob   ACK
      alice -> bob   200 INVITE [sendrecv]
      bob   -> alice ACK
    `);
    expect(on.response('bob -> carol 200 INVITE').headers.raw('contact').join()).toContain(
      'isfocus',
    );
    expect([call.log, third.log]).toEqual([['accepted', 'now sendrecv'], ['accepted']]);
    third.hangUp(); // the other two talk on
    await on.pause();
    call.hangUp();
    await on.pause();
    on.shows(`
      carol -> bob   BYE
      bob   -> carol 200 BYE
      alice -> bob   BYE
      bob   -> alice 200 BYE
    `);
  });
});
