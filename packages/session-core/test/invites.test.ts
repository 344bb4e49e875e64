import type { IncomingInvite } from '@strowger/dialog-core';
import { SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

const invite = (fields: [string, string][] = [], body = ''): SipRequest =>
  new SipRequest({
    method: 'INVITE',
    uri: uri('sip:bob@bob'),
    headers: [
      ['Via', 'SIP/2.0/UDP elsewhere;branch=z9hG4bK1'],
      ['From', '<sip:alice@alice>;tag=old'],
      ['To', '<sip:bob@bob>'],
      ['Call-ID', 'made-by-hand'],
      ['CSeq', '7 INVITE'],
      ...fields,
    ],
    body,
  });

describe('an INVITE that the application takes itself', () => {
  it('is routed to a session, with what is known of it', async () => {
    const waiting: IncomingInvite[] = [];
    const both = scene({}, { onInvite: (one) => waiting.push(one) > 0 });
    const { simulation, alice, bob } = both;
    const session = alice.call('bob');
    await simulation.run(500);
    expect([bob.manager.sessions(), waiting.length]).toEqual([[], 1]);
    const [one] = waiting;
    if (one === undefined) throw new Error('no INVITE came');
    const context = { callId: 'call-7', trunk: 'north', did: '5550100', variables: { queue: 'a' } };
    const routed = bob.manager.routeInviteToSession(one, context);
    await simulation.run(500);
    expect([session.state, routed.state, routed.callContext]).toEqual([
      'connected',
      'connected',
      context,
    ]);
    expect(bob.manager.getSessionsForCall('call-7')).toEqual([routed]);
    void session.hangUp();
    await finish(both);
  });

  it('is made a session, which nobody is told of but who made it', async () => {
    const waiting: IncomingInvite[] = [];
    const both = scene({}, { onInvite: (one) => waiting.push(one) > 0 });
    const { simulation, alice, bob } = both;
    let announced = 0;
    bob.onIncoming = () => void announced++;
    const session = alice.call('bob');
    await simulation.run(500);
    const [one] = waiting;
    const made = one && bob.manager.createSessionForInvite(one);
    await made?.answer();
    await simulation.run(500);
    expect([session.state, made?.direction, announced]).toEqual(['connected', 'incoming', 0]);
    void session.hangUp();
    await finish(both);
  });

  it('gets 500 where that throws', async () => {
    const both = scene(
      {},
      {
        onInvite: () => {
          throw new Error('a bug of the application');
        },
      },
    );
    const session = both.alice.call('bob');
    await finish(both);
    expect((await session.ended).status).toBe(500);
  });
});

describe('an INVITE that the application has made', () => {
  it('is sent by a session, with the media of the session', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const session = alice.manager.createSessionForInvite(invite([['Subject', 'lunch']]));
    await simulation.run(1000);
    expect([session.state, session.direction, session.callId]).toEqual([
      'connected',
      'outgoing',
      'made-by-hand',
    ]);
    const { request } = bob.session;
    expect([request?.headers.raw('Subject'), request?.from.tag === 'old']).toEqual([
      ['lunch'],
      false,
    ]);
    void session.hangUp();
    await finish(both);
  });

  it('is refused where it brings media of its own, or is none', async () => {
    const both = scene();
    const { manager } = both.alice;
    expect(() => manager.createSessionForInvite(invite([], 'v=0'))).toThrow(
      'the INVITE has a body',
    );
    const bye = new SipRequest({ method: 'BYE', uri: uri('sip:bob@bob'), headers: [] });
    expect(() => manager.createSessionForInvite(bye)).toThrow(/BYE/u);
    await finish(both);
  });
});

describe('the dialogs of sessions', () => {
  it('are found by their id, and say whose they are, from the first ringing on', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => session.ring();
    const session = alice.call('bob');
    await simulation.run(100);
    const { dialogManager } = alice.manager;
    const [early] = dialogManager.all();
    expect([early?.state, dialogManager.size]).toEqual(['early', 1]);
    await bob.session.answer();
    await simulation.run(100);
    const id = session.dialog?.id;
    if (id === undefined) throw new Error('nobody answered');
    expect(dialogManager.find(id)).toBe(session.dialog);
    expect(dialogManager.sessionOf(id)).toBe(session);
    void session.hangUp();
    await finish(both);
    expect([dialogManager.find(id), dialogManager.all()]).toEqual([undefined, []]);
  });
});

describe('media by hand', () => {
  it('takes a description that came another way, and gives its answer', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const { manager } = alice;
    const offer = await bob.session.media?.createOffer({ direction: 'sendonly' });
    if (offer === undefined) throw new Error('bob has no media');
    const answer = await manager.updateSessionMedia(alice.session.id, offer);
    await bob.session.media?.acceptAnswer(answer);
    expect([alice.session.mediaDirection, alice.session.state]).toEqual(['recvonly', 'onHold']);
    alice.media.failNext('acceptOffer');
    await expect(alice.session.updateMedia(offer)).rejects.toMatchObject({
      code: 'MEDIA_NOT_ACCEPTABLE',
    });
    const pending = alice.session.renegotiate();
    expect(() => alice.session.updateMedia(offer)).toThrow('describe is not possible while');
    await simulation.run(1000);
    await pending;
    void alice.session.hangUp();
    await finish(both);
  });

  it('is torn down without a word to the peer', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const before = simulation.ladder();
    await alice.manager.teardownMediaForSession(alice.session.id);
    await simulation.run(1000);
    expect([alice.session.state, alice.session.mediaState, alice.media.endpoints]).toEqual([
      'connected',
      'none',
      [],
    ]);
    expect(simulation.ladder()).toBe(before);
    void alice.session.hangUp();
    await finish(both);
  });
});
