import { createResponse } from '@strowger/sip-message';
import { describe, expect } from 'vitest';
import { flow } from '../src/flow.ts';
import { inOrder, proxy, type ProxyPlan } from '../src/proxy.ts';
import type { Stage } from '../src/stage.ts';
import { BOB, through } from '../src/trapezoid.ts';

const outbound = through('proxy');

/** Alice, bob's proxy, and the phones that bob has. */
function bobHas<const N extends readonly string[]>(on: Stage, plan: ProxyPlan, ...names: N) {
  const made = proxy(on, 'proxy', { names: ['biloxi.example.com'], ...plan });
  const alice = on.phone('alice', {
    credentials: () => ({ username: 'alice', password: 'pw-alice' }),
  });
  return { made, alice, ...on.phones(...names) };
}

/** The end of a call that alice and this phone had through the proxy. */
const hungUpBy = (phone: string): string => `
  ${phone}  -> proxy BYE
  proxy -> alice BYE
  alice -> proxy 200 BYE
  proxy -> ${phone} 200 BYE
`;

describe('RFC 5359 §2: forwarding and screening by a proxy', () => {
  flow('RFC 5359 §2.7', 'Call Forwarding Unconditional', async (on) => {
    const { alice, b2 } = bobHas(on, { to: { [BOB]: ['sip:bob@b2'] } }, 'b2');
    const call = alice.call(BOB);
    await on.pause(215);
    b2.last.ring();
    await on.pause();
    b2.last.answer();
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> b2    INVITE [sendrecv]
      proxy -> alice 100 INVITE
      b2    -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      b2    -> proxy 200 INVITE [sendrecv]
      proxy -> alice 200 INVITE [sendrecv]
      alice -> proxy ACK
      proxy -> b2    ACK
    `);
    const forwarded = on.request('proxy -> b2 INVITE');
    expect([forwarded.uri.toString(), forwarded.to.uri.toString()]).toEqual(['sip:bob@b2', BOB]);
    b2.last.hangUp();
    await on.pause();
    on.shows(hungUpBy('b2'));
    expect(call.end).toBe('ended bye remote');
  });

  flow('RFC 5359 §2.8', 'Call Forwarding - Busy', async (on) => {
    const targets = ['sip:bob@b1', 'sip:bob@b2'];
    const { alice, b1, b2 } = bobHas(on, { to: { [BOB]: inOrder(targets) } }, 'b1', 'b2');
    b1.onCall = (call) => call.reject(486);
    const call = alice.call(BOB);
    await on.pause();
    b2.last.ring();
    await on.pause();
    b2.last.answer();
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> b1    INVITE [sendrecv]
      b1    -> proxy 486 INVITE
      proxy -> b1    ACK
      proxy -> b2    INVITE [sendrecv]
      b2    -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      b2    -> proxy 200 INVITE [sendrecv]
      proxy -> alice 200 INVITE [sendrecv]
      alice -> proxy ACK
      proxy -> b2    ACK
    `);
    b2.last.hangUp();
    await on.pause();
    on.shows(hungUpBy('b2'));
    expect(call.end).toBe('ended bye remote');
  });

  flow('RFC 5359 §2.9', 'Call Forwarding - No Answer', async (on) => {
    const targets = ['sip:bob@b1', 'sip:bob@b2'];
    const { alice, b1, b2 } = bobHas(on, { to: { [BOB]: inOrder(targets, 10_000) } }, 'b1', 'b2');
    const call = alice.call(BOB);
    await on.pause();
    b1.last.ring();
    await on.pause(10_000);
    b2.last.ring();
    await on.pause();
    b2.last.answer();
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> b1    INVITE [sendrecv]
      b1    -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      proxy -> b1    CANCEL
      b1    -> proxy 200 CANCEL
      b1    -> proxy 487 INVITE
      proxy -> b1    ACK
      proxy -> b2    INVITE [sendrecv]
      b2    -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      b2    -> proxy 200 INVITE [sendrecv]
      proxy -> alice 200 INVITE [sendrecv]
      alice -> proxy ACK
      proxy -> b2    ACK
    `);
    expect([b1.last.end, call.log]).toEqual(['ended cancelled', ['180', '180', 'accepted']]);
    b2.last.hangUp();
    await on.pause();
    on.shows(hungUpBy('b2'));
  });

  flow('RFC 5359 §2.12', 'Find-Me', async (on) => {
    const names = ['b1', 'b2', 'b3', 'b4'] as const;
    const to = {
      [BOB]: inOrder(
        names.map((name) => `sip:bob@${name}`),
        8000,
      ),
    };
    const { alice, b1, b2, b3, b4 } = bobHas(on, { to }, ...names);
    b1.onCall = (one) => one.ring();
    b2.onCall = (one) => one.reject(480);
    b3.onCall = (one) => one.reject(486);
    b4.onCall = (one) => one.ring();
    const call = alice.call(BOB);
    await on.pause(8500);
    b4.last.answer();
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> b1    INVITE [sendrecv]
      b1    -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      proxy -> b1    CANCEL
      b1    -> proxy 200 CANCEL
      b1    -> proxy 487 INVITE
      proxy -> b1    ACK
      proxy -> b2    INVITE [sendrecv]
      b2    -> proxy 480 INVITE
      proxy -> b2    ACK
      proxy -> b3    INVITE [sendrecv]
      b3    -> proxy 486 INVITE
      proxy -> b3    ACK
      proxy -> b4    INVITE [sendrecv]
      b4    -> proxy 180 INVITE
      proxy -> alice 180 INVITE
      b4    -> proxy 200 INVITE [sendrecv]
      proxy -> alice 200 INVITE [sendrecv]
      alice -> proxy ACK
      proxy -> b4    ACK
    `);
    expect(call.log.at(-1)).toBe('accepted');
    b4.last.hangUp();
    await on.pause();
    on.shows(hungUpBy('b4'));
  });

  flow('RFC 5359 §2.13', 'Call Management (Incoming Call Screening)', async (on) => {
    const { alice, bob } = bobHas(
      on,
      {
        realm: 'biloxi.example.com',
        screen: (request) => createResponse(request, 403, { reason: 'Screening Failure' }),
      },
      'bob',
    );
    const call = alice.call(BOB);
    await on.pause();
    // who calls has to be known before it can be screened
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> alice 407 INVITE
      alice -> proxy ACK
      alice -> proxy INVITE [sendrecv]
      proxy -> alice 403 INVITE
      alice -> proxy ACK
    `);
    expect([call.end, call.final?.reason, bob.calls]).toEqual([
      'rejected 403',
      'Screening Failure',
      [],
    ]);
  });

  flow('RFC 5359 §2.14', 'Call Management (Outgoing Call Screening)', async (on) => {
    const barred = 'sip:premium@elsewhere.example.com';
    const { alice, bob } = bobHas(
      on,
      {
        to: { [BOB]: ['sip:bob@bob'] },
        screen: (request) =>
          request.uri.toString() === barred ? createResponse(request, 403) : undefined,
      },
      'bob',
    );
    const refused = alice.call(barred, { route: outbound });
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> alice 403 INVITE
      alice -> proxy ACK
    `);
    expect(refused.end).toBe('rejected 403');
    const call = alice.call(BOB, { route: outbound });
    await on.pause();
    bob.last.reject(486);
    await on.pause();
    on.shows(`
      alice -> proxy INVITE [sendrecv]
      proxy -> bob   INVITE [sendrecv]
      bob   -> proxy 486 INVITE
      proxy -> bob   ACK
      proxy -> alice 486 INVITE
      alice -> proxy ACK
    `);
    expect(call.end).toBe('rejected 486');
  });
});
