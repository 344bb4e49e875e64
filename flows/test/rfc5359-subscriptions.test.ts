import type { Dialog } from '@strowger/dialog-core';
import { referToReplacing } from '@strowger/dialog-core';
import { uri } from '@strowger/sip-message';
import { describe, expect } from 'vitest';
import { dialogInfo, replacing } from '../src/dialog-info.ts';
import { flow } from '../src/flow.ts';
import type { Phone } from '../src/phone.ts';
import { talking } from '../src/talking.ts';
import { follow, takesOver } from '../src/transfer.ts';

const watched = { events: { packages: ['dialog'] } };

/** Answers one who watches the phone's dialog with what it is now. */
function tellDialog(phone: Phone, dialog: () => Dialog | undefined): void {
  phone.onSubscribe = (subscribe) => {
    subscribe.accept({
      user: {
        content: () => {
          const now = dialog();
          const state = now?.state ?? 'terminated';
          return dialogInfo(phone.address, state, now);
        },
      },
    });
  };
}

/** Asks a phone for its dialogs, once or for a while; resolves with the first document. */
function watch(phone: Phone, target: string, expiresSeconds: number) {
  const documents: string[] = [];
  const subscription = phone.layer.subscribe(
    { to: uri(target), from: phone.nameAddr, event: 'dialog', expiresSeconds },
    {
      onSubscription: (one) => {
        one.user = { onNotify: ({ request }) => documents.push(request.text()) };
      },
      onFailed: () => documents.push('failed'),
    },
  );
  return { documents, subscription };
}

describe('RFC 5359 §2: services with subscriptions', () => {
  flow('RFC 5359 §2.15', 'Call Park', async (on) => {
    const { alice, bob, call } = await talking(on);
    const park = on.phone('park', watched);
    const carol = on.phone('carol');
    takesOver(alice);
    park.onRefer = follow(park);
    tellDialog(park, () => park.last.dialog);
    const parked = bob.last;
    if (parked.dialog === undefined) throw new Error('no dialog');
    // bob asks the park server to take his place
    bob.layer.refer(
      {
        to: uri('sip:park@park'),
        from: bob.nameAddr,
        referTo: referToReplacing(parked.dialog),
        referredBy: bob.nameAddr,
      },
      { onEnded: (end) => parked.log.push(`refer ${end.kind}`) },
    );
    await on.pause();
    on.shows(`
      bob   -> park  REFER
      park  -> bob   202 REFER
      park  -> bob   NOTIFY (100 Trying)
      park  -> alice INVITE [sendrecv]
      bob   -> park  200 NOTIFY
      alice -> park  200 INVITE [sendrecv]
      alice -> bob   BYE
      park  -> alice ACK
      park  -> bob   NOTIFY (200 OK)
      bob   -> alice 200 BYE
      bob   -> park  200 NOTIFY
    `);
    expect([call.end, parked.log.at(-1)]).toEqual(['ended bye local', 'refer finished']);
    // carol learns which call is parked, and takes it
    const { documents } = watch(carol, 'sip:park@park', 0);
    await on.pause();
    const { replaces, target } = replacing(documents[0] ?? '');
    const fetched = carol.call(target, { headers: [['Replaces', replaces]] });
    await on.pause();
    on.shows(`
      carol -> park  SUBSCRIBE
      park  -> carol 200 SUBSCRIBE
      park  -> carol NOTIFY
      carol -> park  200 NOTIFY
      carol -> alice INVITE [sendrecv]
      alice -> carol 200 INVITE [sendrecv]
      alice -> park  BYE
      carol -> alice ACK
      park  -> alice 200 BYE
    `);
    expect([fetched.log, park.last.end]).toEqual([['accepted'], 'ended bye remote']);
    fetched.hangUp();
    await on.pause();
    on.shows(`
      carol -> alice BYE
      alice -> carol 200 BYE
    `);
  });

  flow('RFC 5359 §2.16', 'Call Pickup', async (on) => {
    const { alice, bill } = on.phones('alice', 'bill');
    const bob = on.phone('bob', watched);
    takesOver(alice);
    tellDialog(bob, () => bob.last.dialog);
    const call = alice.call('bob');
    await on.pause();
    bob.last.ring();
    await on.pause();
    const { documents } = watch(bill, 'sip:bob@bob', 0);
    await on.pause();
    const { replaces, target } = replacing(documents[0] ?? '');
    const picked = bill.call(target, { headers: [['Replaces', `${replaces};early-only`]] });
    await on.pause();
    on.shows(`
      alice -> bob   INVITE [sendrecv]
      bob   -> alice 180 INVITE
      bill  -> bob   SUBSCRIBE
      bob   -> bill  200 SUBSCRIBE
      bob   -> bill  NOTIFY
      bill  -> bob   200 NOTIFY
      bill  -> alice INVITE [sendrecv]
      alice -> bill  200 INVITE [sendrecv]
      alice -> bob   CANCEL
      bill  -> alice ACK
      bob   -> alice 200 CANCEL
      bob   -> alice 487 INVITE
      alice -> bob   ACK
    `);
    expect([call.end, bob.last.end, picked.log]).toEqual([
      'rejected 487',
      'ended cancelled',
      ['accepted'],
    ]);
    alice.last.hangUp();
    await on.pause();
    on.shows(`
      alice -> bill  BYE
      bill  -> alice 200 BYE
    `);
  });

  flow('RFC 5359 §2.17', 'Automatic Redial', async (on) => {
    const alice = on.phone('alice');
    const bob = on.phone('bob', watched);
    const carol = on.phone('carol');
    const other = carol.call('bob');
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.wire.take();
    const busy = bob.last;
    bob.onCall = (call) => call.reject(486);
    const refused = alice.call('bob');
    await on.pause();
    let tell = (): void => {};
    bob.onSubscribe = (subscribe) => {
      const content = () => dialogInfo(bob.address, busy.dialog?.state ?? 'terminated');
      const made = subscribe.accept({ user: { content } });
      tell = () => made.notify(content());
    };
    const { documents, subscription } = watch(alice, 'sip:bob@bob', 3600);
    await on.pause(5000);
    on.shows(`
      alice -> bob   INVITE [sendrecv]
      bob   -> alice 486 INVITE
      alice -> bob   ACK
      alice -> bob   SUBSCRIBE
      bob   -> alice 200 SUBSCRIBE
      bob   -> alice NOTIFY
      alice -> bob   200 NOTIFY
    `);
    expect([refused.end, documents.length]).toEqual(['rejected 486', 1]);
    other.hangUp();
    await on.pause(20);
    tell();
    await on.pause();
    expect(documents.map((document) => /<state>(\w+)/u.exec(document)?.[1])).toEqual([
      'confirmed',
      'terminated',
    ]);
    // bob is free: nothing is left to watch, and alice calls again
    subscription.unsubscribe();
    await on.pause();
    bob.onCall = (call) => call.ring();
    const again = alice.call('bob');
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      carol -> bob   BYE
      bob   -> carol 200 BYE
      bob   -> alice NOTIFY
      alice -> bob   200 NOTIFY
      alice -> bob   SUBSCRIBE
      bob   -> alice 200 SUBSCRIBE
      bob   -> alice NOTIFY
      alice -> bob   200 NOTIFY
      alice -> bob   INVITE [sendrecv]
      bob   -> alice 180 INVITE
      bob   -> alice 200 INVITE [sendrecv]
      alice -> bob   ACK
    `);
    expect(again.log).toEqual(['180', 'accepted']);
    again.hangUp();
    await on.pause();
    on.shows(`
      alice -> bob   BYE
      bob   -> alice 200 BYE
    `);
  });

  flow('RFC 5359 §2.18', 'Click to Dial', async (on) => {
    const { computer, alice, bob } = on.phones('computer', 'alice', 'bob');
    alice.onRefer = follow(alice);
    const told: number[] = [];
    computer.layer.refer(
      { to: uri('sip:alice@alice'), from: computer.nameAddr, referTo: uri('sip:bob@bob') },
      {
        onProgress: (status) => told.push(status),
        onEnded: ({ kind }) => expect(kind).toBe('finished'),
      },
    );
    await on.pause();
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      computer -> alice    REFER
      alice    -> computer 202 REFER
      alice    -> computer NOTIFY (100 Trying)
      alice    -> bob      INVITE [sendrecv]
      computer -> alice    200 NOTIFY
      bob      -> alice    180 INVITE
      bob      -> alice    200 INVITE [sendrecv]
      alice    -> bob      ACK
      alice    -> computer NOTIFY (200 OK)
      computer -> alice    200 NOTIFY
    `);
    expect([told, alice.last.log]).toEqual([
      [100, 200],
      ['180', 'accepted'],
    ]);
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      bob   -> alice BYE
      alice -> bob   200 BYE
    `);
  });
});
