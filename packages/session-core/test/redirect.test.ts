import { NameAddr, SipUri, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { allOver, three } from './three-phones.ts';

const at = (name: string, q?: string): NameAddr =>
  new NameAddr({ uri: uri(`sip:${name}@${name}`), params: q === undefined ? [] : [['q', q]] });

const secure = { listen: ['udp', 'tls'] } as const;

describe('a call to somebody who is elsewhere', () => {
  it('is handed up with its contacts, unless it shall be followed', async () => {
    const all = three();
    all.bob.onIncoming = (session) => session.redirect([at('carol', '0.5')]);
    const session = all.alice.call('bob');
    await all.simulation.run(1000);
    await allOver(all);
    expect(await session.ended).toMatchObject({
      kind: 'rejected',
      status: 302,
      contacts: ['sip:carol@carol'],
    });
  });

  it('follows, and says from whom it comes', async () => {
    const all = three();
    const { simulation, alice, bob, carol } = all;
    const told: unknown[] = [];
    alice.manager.on('redirected', ({ status, from, to }) => told.push([status, from, to]));
    bob.onIncoming = (session) => session.redirect([at('carol')]);
    const session = alice.call('bob', { followRedirects: true });
    await simulation.run(1000);
    expect([session.state, told]).toEqual(['connected', [[302, 'sip:bob@bob', 'sip:carol@carol']]]);
    const { request } = carol.session;
    expect(request?.uri.toString()).toBe('sip:carol@carol');
    expect(request?.to.uri.toString()).toBe('sip:bob@bob');
    expect(request?.headers.raw('Diversion')).toEqual([
      '<sip:bob@bob>;reason=deflection;counter=1',
    ]);
    expect(request?.headers.raw('History-Info')).toEqual([
      '<sip:bob@bob?Reason=SIP%3Bcause%3D302>;index=1',
      '<sip:carol@carol;cause=480>;index=1.1;mp=1',
    ]);
    void session.hangUp();
    await allOver(all);
  });

  it('goes to the contacts by their q, and to the next where one refuses', async () => {
    const all = three();
    const { simulation, alice, bob, carol } = all;
    const tried: string[] = [];
    alice.manager.on('redirected', ({ status, to }) => tried.push(`${status} ${to}`));
    bob.onIncoming = (session) => {
      if (session.request?.uri instanceof SipUri && session.request.uri.user !== 'bob') {
        return session.reject(486);
      }
      const [busy, free] = [uri('sip:busy@bob'), uri('sip:carol@carol')];
      const contacts = [
        new NameAddr({ uri: free, params: [['q', '0.2']] }),
        new NameAddr({ uri: busy }),
      ];
      session.redirect(contacts);
    };
    const session = alice.call('bob', { followRedirects: true });
    await simulation.run(1000);
    expect(tried).toEqual(['302 sip:busy@bob', '486 sip:carol@carol']);
    expect([session.state, carol.session.state]).toEqual(['connected', 'connected']);
    void session.hangUp();
    await allOver(all);
  });

  it('goes nowhere twice', async () => {
    const all = three();
    all.bob.onIncoming = (session) => session.redirect([at('carol')]);
    all.carol.onIncoming = (session) => session.redirect([at('bob')]);
    const session = all.alice.call('bob', { followRedirects: true });
    await all.simulation.run(1000);
    await allOver(all);
    expect(await session.ended).toMatchObject({ status: 302, contacts: ['sip:bob@bob'] });
  });

  it('goes on no longer than the limit', async () => {
    const all = three();
    let calls = 0;
    all.bob.onIncoming = (session) => {
      session.redirect([uri(`sip:desk${++calls}@bob`)]);
    };
    const session = all.alice.call('bob', { followRedirects: { limit: 3 } });
    await all.simulation.run(1000);
    await allOver(all);
    expect([calls, (await session.ended).status]).toEqual([4, 302]);
  });

  it('stops where the callee has refused for everybody', async () => {
    const all = three();
    all.bob.onIncoming = (session) => session.redirect([at('carol'), uri('sip:other@bob')]);
    all.carol.onIncoming = (session) => session.reject(603);
    const session = all.alice.call('bob', { followRedirects: true });
    await all.simulation.run(1000);
    await allOver(all);
    expect((await session.ended).status).toBe(603);
  });

  it('is over where the caller hangs up meanwhile', async () => {
    const all = three();
    all.bob.onIncoming = (session) => session.redirect([at('carol')]);
    const session = all.alice.call('bob', { followRedirects: true });
    session.on('redirected', () => void session.hangUp());
    await all.simulation.run(1000);
    await allOver(all);
    expect(await session.ended).toMatchObject({ kind: 'cancelled' });
  });

  it('over `sips:` is followed to nobody without it, nor to what is no SIP', async () => {
    const all = three({ alice: secure, bob: secure });
    all.bob.onIncoming = (session) => session.redirect([at('carol'), uri('tel:+15550100')]);
    const session = all.alice.call('bob', {
      requestUri: uri('sips:bob@bob'),
      followRedirects: true,
      hops: [
        { transport: 'tls', address: all.simulation.network.hostOf('bob').address, port: 5060 },
      ],
    });
    await all.simulation.run(1000);
    await allOver(all);
    expect((await session.ended).status).toBe(302);
  });
});
