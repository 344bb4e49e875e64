import {
  answerCall,
  createDialogFromInvite,
  endCall,
  handleIncomingInvite,
  handleIncomingInviteWithMedia,
  makeCall,
  makeOutboundCall,
  makeOutboundCallWithMedia,
  manageCallProgress,
  putCallOnHold,
  resumeHeldCall,
  type SessionEvent,
  syncSessionWithCallState,
} from '@strowger/session-core';
import { NameAddr, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

const toBob = {
  to: uri('sip:bob@bob'),
  from: new NameAddr({ uri: uri('sip:alice@alice') }),
};

describe('the verbs', () => {
  it('TS-15 TS-17 make a call, answer it, hold, resume and end it', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => answerCall(session);
    const session = makeCall(alice.manager, toBob);
    await simulation.run(1000);
    expect(session.state).toBe('connected');
    const held = putCallOnHold(session);
    await simulation.run(1000);
    await held;
    expect([session.state, bob.session.mediaDirection]).toEqual(['onHold', 'recvonly']);
    const resumed = resumeHeldCall(session);
    await simulation.run(1000);
    await resumed;
    expect(session.state).toBe('connected');
    const ended = endCall(session, { reason: { cause: 31 } });
    await finish(both);
    expect(await ended).toMatchObject({ kind: 'hungUp', by: 'local', cause: 31 });
  });

  it('TS-16 TS-19 take a call, with a say in its media on both sides', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const taken: string[] = [];
    bob.onIncoming = async (session) => {
      const { dialogId, mediaSessionId } = await handleIncomingInviteWithMedia(session, {
        codecs: ['pcma'],
      });
      taken.push(dialogId.callId, mediaSessionId);
    };
    const called = makeOutboundCallWithMedia(alice.manager, { ...toBob, media: {} });
    await simulation.run(1000);
    const { session, dialogId } = await called;
    expect(taken).toEqual([session.callId, bob.session.id]);
    expect(dialogId.callId).toBe(session.callId);
    expect((await session.media?.stats())?.codec).toBe('pcma');
    void endCall(session);
    await finish(both);
  });

  it('ring and answer, and say where nobody does', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = async (session) => void (await handleIncomingInvite(session));
    const answered = makeOutboundCall(alice.manager, toBob);
    await simulation.run(1000);
    void endCall(await answered);
    await simulation.run(1000);
    bob.onIncoming = async (session) => void (await endCall(session));
    const busy = expect(makeOutboundCall(alice.manager, toBob)).rejects.toMatchObject({
      code: 'SESSION_ENDED',
      cause: { status: 486 },
    });
    await finish(both);
    await busy;
    expect(alice.log).toContain('progress 180');
  });

  it('TS-18 tell the caller how it goes', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const seen: string[] = [];
    alice.manager.on('progress', ({ status, withMedia }) =>
      seen.push(`${status}${withMedia ? '+' : ''}`),
    );
    bob.onIncoming = async (session) => {
      await manageCallProgress(session, { kind: 'forwarded' });
      await manageCallProgress(session, { kind: 'queued' });
      await manageCallProgress(session, { kind: 'ringing' });
      await manageCallProgress(session, { kind: 'custom', status: 199 });
      await manageCallProgress(session, { kind: 'sessionProgress' });
    };
    const session = alice.call('bob');
    await simulation.run(1000);
    expect(seen).toEqual(['181', '182', '180', '199', '183+']);
    expect(session.earlyMedia).toBe(true);
    void session.hangUp();
    await finish(both);
  });

  it('TS-02 TS-18 give the early dialog of a call that came in', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = () => {};
    const session = alice.call('bob');
    await simulation.run(500);
    const dialog = createDialogFromInvite(bob.session);
    expect([dialog.state, dialog.role]).toEqual(['early', 'uas']);
    expect(createDialogFromInvite(bob.session)).toBe(dialog);
    await simulation.run(500);
    expect(session.earlyDialogs.map(({ id }) => id.callId)).toEqual([dialog.id.callId]);
    const { callId, localTag, remoteTag } = dialog.id;
    expect(bob.manager.findSessionForDialog(callId, remoteTag, localTag)).toBe(bob.session);
    void session.hangUp();
    await finish(both);
  });

  it('TS-10 bring a session in step with what the application thinks of its call', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = () => {};
    const calling = alice.call('bob');
    await simulation.run(500);
    const { session } = bob;
    for (const state of ['ringing', 'ringing', 'connected', 'onHold', 'connected'] as const) {
      const synced = syncSessionWithCallState(session, state);
      await simulation.run(1000);
      await synced;
      expect(session.state).toBe(state);
    }
    await expect(syncSessionWithCallState(session, 'ringing')).rejects.toMatchObject({
      code: 'SESSION_STATE',
    });
    void syncSessionWithCallState(session, 'ended');
    await finish(both);
    expect((await calling.ended).kind).toBe('hungUp');
  });
});

describe('a manager', () => {
  it('TS-11 finds its sessions, and ends many at once', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const first = alice.call('bob');
    await simulation.run(1000);
    bob.onIncoming = (session) => session.ring();
    alice.call('bob');
    await simulation.run(1000);
    const { manager } = bob;
    expect(manager.find({ states: ['ringing'] })).toHaveLength(1);
    expect(manager.find({ direction: 'outgoing' })).toEqual([]);
    expect(manager.find({ remoteUser: 'alice', localUser: 'bob' })).toHaveLength(2);
    expect(alice.manager.find({ olderThan: first.createdAt + 500 })).toEqual([first]);
    const [one, other] = manager.sessions();
    if (one === undefined || other === undefined) throw new Error('there are two');
    manager.linkSessionToCall(one.id, 'call-1');
    expect(manager.find({ linkedTo: 'call-1' })).toEqual([one]);
    const ended = manager.endSessions({});
    await finish(both);
    expect((await ended).map(({ kind }) => kind)).toEqual(['hungUp', 'rejected']);
  });

  it('TS-26 sums up the legs of a call', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const { manager, session } = alice;
    manager.linkSessionToCall(session.id, 'call-1');
    await simulation.run(2000);
    const statistics = await manager.getCallStatistics('call-1');
    expect(statistics).toMatchObject({
      callId: 'call-1',
      legs: [{ sessionId: session.id, state: 'connected', media: { codec: 'pcmu' } }],
      packetsLost: 0,
    });
    expect(statistics.talkingMs).toBeGreaterThan(2000);
    expect(statistics.packetsReceived).toBeGreaterThan(90);
    expect(await manager.getCallStatistics('nobody')).toMatchObject({ legs: [], talkingMs: 0 });
    void session.hangUp();
    await finish(both);
  });
});

describe('TS-08 events', () => {
  it('come as one stream, filtered, until it is told to stop', async () => {
    const both = scene();
    const { simulation, alice } = both;
    const stop = new AbortController();
    const { signal } = stop;
    const seen: string[] = [];
    const types: SessionEvent['type'][] = ['stateChanged', 'terminated'];
    const reading = (async () => {
      for await (const event of alice.manager.events({ types, signal })) seen.push(event.type);
    })();
    const session = alice.call('bob');
    await simulation.run(1000);
    void session.hangUp();
    await finish(both);
    stop.abort();
    await reading;
    expect(seen.at(-1)).toBe('terminated');
    expect(new Set(seen)).toEqual(new Set(types));
  });

  it('that came before the first was asked for wait like all others', async () => {
    const both = scene();
    const { simulation, alice } = both;
    const stream = alice.manager.events({ types: ['created', 'terminated'] });
    const session = alice.call('bob');
    await simulation.run(1000);
    void session.hangUp();
    await finish(both);
    const seen: string[] = [];
    for await (const { type } of stream) {
      seen.push(type);
      if (type === 'terminated') break;
    }
    expect(seen).toEqual(['created', 'terminated']);
    alice.call('bob', { signal: AbortSignal.abort() });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await finish(both);
  });

  it('that a slow reader misses are told as dropped, in their place', async () => {
    const both = scene();
    const { simulation, alice } = both;
    const stop = new AbortController();
    const stream = alice.manager.events({ limit: 2, signal: stop.signal });
    const session = alice.call('bob');
    await simulation.run(1000);
    void session.hangUp();
    await finish(both);
    let lastSeq = 0;
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      if (next.value.type === 'dropped') {
        expect(next.value.from).toBe(lastSeq + 1);
        expect(next.value.count).toBeGreaterThan(3);
        break;
      }
      lastSeq = next.value.seq;
    }
    expect(lastSeq).toBe(2);
    stop.abort();
    await stream.return();
  });
});
