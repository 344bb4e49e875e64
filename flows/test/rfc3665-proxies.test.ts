import { describe, expect } from 'vitest';
import { flow } from '../src/flow.ts';
import { proxy } from '../src/proxy.ts';
import { mediaAddress } from '../src/sdp.ts';
import { layerGateway } from '../src/layer-gateway.ts';
import { BOB, through, trapezoid } from '../src/trapezoid.ts';

describe('RFC 3665 §3: sessions through proxies', () => {
  flow('RFC 3665 §3.2', 'Session Establishment Through Two Proxies', async (on) => {
    const { alice, bob, route } = trapezoid(on, { first: { realm: 'atlanta.example.com' } });
    const call = alice.call(BOB, { route });
    await on.pause(245);
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice  -> proxy1 INVITE [sendrecv]
      proxy1 -> alice  407 INVITE
      alice  -> proxy1 ACK
      alice  -> proxy1 INVITE [sendrecv]
      proxy1 -> proxy2 INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy1 -> alice  100 INVITE
      proxy2 -> proxy1 100 INVITE
      bob    -> proxy2 180 INVITE
      proxy2 -> proxy1 180 INVITE
      proxy1 -> alice  180 INVITE
      bob    -> proxy2 200 INVITE [sendrecv]
      proxy2 -> proxy1 200 INVITE [sendrecv]
      proxy1 -> alice  200 INVITE [sendrecv]
      alice  -> proxy1 ACK
      proxy1 -> proxy2 ACK
      proxy2 -> bob    ACK
    `);
    const atBob = on.request('proxy2 -> bob INVITE');
    expect([atBob.uri.toString(), atBob.headers.get('max-forwards')]).toEqual(['sip:bob@bob', 68]);
    expect(atBob.headers.get('via')).toHaveLength(3);
    expect(atBob.headers.get('record-route')).toHaveLength(2);
    expect([call.log, bob.last.log]).toEqual([['180', 'accepted'], ['ACK']]);
    bob.last.hangUp();
    await on.pause();
    on.shows(`
      bob    -> proxy2 BYE
      proxy2 -> proxy1 BYE
      proxy1 -> alice  BYE
      alice  -> proxy1 200 BYE
      proxy1 -> proxy2 200 BYE
      proxy2 -> bob    200 BYE
    `);
    expect(call.end).toBe('ended bye remote');
  });

  flow('RFC 3665 §3.3', 'Session with Multiple Proxy Authentication', async (on) => {
    const { alice, bob, route } = trapezoid(on, {
      first: { realm: 'atlanta.example.com' },
      second: { realm: 'biloxi.example.com' },
    });
    const call = alice.call(BOB, { route });
    await on.pause(285);
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice  -> proxy1 INVITE [sendrecv]
      proxy1 -> alice  407 INVITE
      alice  -> proxy1 ACK
      alice  -> proxy1 INVITE [sendrecv]
      proxy1 -> proxy2 INVITE [sendrecv]
      proxy2 -> proxy1 407 INVITE
      proxy1 -> proxy2 ACK
      proxy1 -> alice  407 INVITE
      alice  -> proxy1 ACK
      alice  -> proxy1 INVITE [sendrecv]
      proxy1 -> proxy2 INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy1 -> alice  100 INVITE
      proxy2 -> proxy1 100 INVITE
      bob    -> proxy2 180 INVITE
      proxy2 -> proxy1 180 INVITE
      proxy1 -> alice  180 INVITE
      bob    -> proxy2 200 INVITE [sendrecv]
      proxy2 -> proxy1 200 INVITE [sendrecv]
      proxy1 -> alice  200 INVITE [sendrecv]
      alice  -> proxy1 ACK
      proxy1 -> proxy2 ACK
      proxy2 -> bob    ACK
    `);
    const third = on.request('alice -> proxy1 INVITE');
    const realms = third.headers.get('proxy-authorization')?.map(({ realm }) => realm);
    expect([third.cseq.number, realms?.toSorted()]).toEqual([
      3,
      ['atlanta.example.com', 'biloxi.example.com'],
    ]);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice  -> proxy1 BYE
      proxy1 -> proxy2 BYE
      proxy2 -> bob    BYE
      bob    -> proxy2 200 BYE
      proxy2 -> proxy1 200 BYE
      proxy1 -> alice  200 BYE
    `);
  });

  flow('RFC 3665 §3.4', 'Successful Session with Proxy Failure', async (on) => {
    proxy(on, 'proxy1');
    proxy(on, 'proxy2', {
      names: ['proxy2'],
      realm: 'biloxi.example.com',
      to: { [BOB]: ['sip:bob@bob'] },
    });
    on.simulation.network.name('biloxi.example.com', 'proxy1', 'proxy2');
    on.simulation.network.partition('proxy1'); // it has died
    const alice = on.phone('alice', {
      credentials: () => ({ username: 'alice', password: 'pw-alice' }),
    });
    const bob = on.phone('bob', { address: BOB });
    const call = alice.call(BOB);
    await on.pause(31_990);
    // timer A: 500 ms, doubled; timer B gives up after 64*T1
    on.shows(Array.from({ length: 7 }, () => 'alice -> proxy1 INVITE [sendrecv]').join('\n'));
    await on.pause(245);
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice  -> proxy2 INVITE [sendrecv]
      proxy2 -> alice  407 INVITE
      alice  -> proxy2 ACK
      alice  -> proxy2 INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      proxy2 -> alice  100 INVITE
      bob    -> proxy2 180 INVITE
      proxy2 -> alice  180 INVITE
      bob    -> proxy2 200 INVITE [sendrecv]
      proxy2 -> alice  200 INVITE [sendrecv]
      alice  -> proxy2 ACK
      proxy2 -> bob    ACK
    `);
    expect(call.log).toEqual(['180', 'accepted']);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice  -> proxy2 BYE
      proxy2 -> bob    BYE
      bob    -> proxy2 200 BYE
      proxy2 -> alice  200 BYE
    `);
  });

  flow('RFC 3665 §3.5', 'Session Through a SIP ALG', async (on) => {
    proxy(on, 'alg', { names: ['alg.atlanta.example.com'], through: layerGateway('10.9.9.9') });
    proxy(on, 'proxy2', { names: ['biloxi.example.com'], to: { [BOB]: ['sip:bob@bob'] } });
    const { alice, bob } = on.phones('alice', 'bob');
    const call = alice.call(BOB, { route: through('alg.atlanta.example.com', 'proxy2') });
    await on.pause(225);
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice  -> alg    INVITE [sendrecv]
      alg    -> proxy2 INVITE [sendrecv]
      proxy2 -> bob    INVITE [sendrecv]
      alg    -> alice  100 INVITE
      proxy2 -> alg    100 INVITE
      bob    -> proxy2 180 INVITE
      proxy2 -> alg    180 INVITE
      alg    -> alice  180 INVITE
      bob    -> proxy2 200 INVITE [sendrecv]
      proxy2 -> alg    200 INVITE [sendrecv]
      alg    -> alice  200 INVITE [sendrecv]
      alice  -> alg    ACK
      alg    -> proxy2 ACK
      proxy2 -> bob    ACK
    `);
    // neither side learns where the other's media is
    expect(mediaAddress(on.request('proxy2 -> bob INVITE'))).toMatch(/^10\.9\.9\.9:/u);
    expect(mediaAddress(on.response('alg -> alice 200 INVITE'))).toMatch(/^10\.9\.9\.9:/u);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice  -> alg    BYE
      alg    -> proxy2 BYE
      proxy2 -> bob    BYE
      bob    -> proxy2 200 BYE
      proxy2 -> alg    200 BYE
      alg    -> alice  200 BYE
    `);
  });

  flow('RFC 3665 §3.6', 'Session via Redirect and Proxy Servers with SDP in ACK', async (on) => {
    const { alice, bob, redirect } = on.phones('alice', 'bob', 'redirect');
    proxy(on, 'proxy3', {
      names: ['chicago.example.com'],
      to: { 'sip:bob@chicago.example.com': ['sip:bob@bob'] },
    });
    const first = alice.call('sip:bob@redirect', { offer: undefined });
    await on.pause();
    redirect.last.reject(302, [['Contact', '<sip:bob@chicago.example.com>']]);
    await on.pause();
    const [contact] = first.final?.headers.get('contact') ?? [];
    if (typeof contact !== 'object') throw new Error('no Contact in the 302');
    const call = alice.call(contact.uri.toString(), { offer: undefined });
    await on.pause(215);
    bob.last.ring();
    await on.pause();
    bob.last.answer();
    await on.pause();
    on.shows(`
      alice    -> redirect INVITE
      redirect -> alice    302 INVITE
      alice    -> redirect ACK
      alice    -> proxy3   INVITE
      proxy3   -> bob      INVITE
      proxy3   -> alice    100 INVITE
      bob      -> proxy3   180 INVITE
      proxy3   -> alice    180 INVITE
      bob      -> proxy3   200 INVITE [sendrecv]
      proxy3   -> alice    200 INVITE [sendrecv]
      alice    -> proxy3   ACK [sendrecv]
      proxy3   -> bob      ACK [sendrecv]
    `);
    expect([first.end, call.log]).toEqual(['rejected 302', ['180', 'accepted']]);
    call.hangUp();
    await on.pause();
    on.shows(`
      alice  -> proxy3 BYE
      proxy3 -> bob    BYE
      bob    -> proxy3 200 BYE
      proxy3 -> alice  200 BYE
    `);
  });
});
