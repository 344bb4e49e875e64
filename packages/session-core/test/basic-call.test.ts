import { createSimulation } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, Phone, scene, talking } from './two-phones.ts';

describe('a call that nobody takes', () => {
  it('may be refused by a listener before', async () => {
    const simulation = createSimulation({ seed: 3 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob', { onIncoming: undefined });
    bob.manager.on('created', ({ sessionId }) => bob.manager.get(sessionId)?.reject(404));
    const call = alice.call('bob');
    await simulation.runUntilQuiet();
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 404 });
  });
});

describe('an answer that cannot be sent', () => {
  it('ends the call with 500', async () => {
    const simulation = createSimulation({ seed: 3 });
    const alice = new Phone(simulation, 'alice');
    const bob = new Phone(simulation, 'bob');
    bob.onIncoming = (session) => session.answer({ headers: [['Via', 'x']] });
    const call = alice.call('bob');
    await simulation.runUntilQuiet();
    expect(await call.ended).toMatchObject({ kind: 'rejected', status: 500 });
    simulation.assertQuiet({ alice: alice.manager, bob: bob.manager });
  });
});

describe('a call between two sessions', () => {
  it('TS-01 TS-15 TS-16 rings, connects, and ends when the caller hangs up', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    const call = alice.call('bob');
    expect(call.state).toBe('initializing');
    await simulation.run(1000);
    expect([call.state, bob.session.state]).toEqual(['connected', 'connected']);
    await call.connected;
    void call.hangUp();
    await finish(both);
    expect(await call.ended).toMatchObject({ kind: 'hungUp', by: 'local', status: 200, cause: 16 });
    expect(alice.log).toEqual([
      'media negotiating',
      'dialing',
      'ringing',
      'progress 180',
      'media active',
      'connected',
      'terminating',
      'media none',
      'terminated',
      'ended hungUp by local 200/16',
    ]);
    expect(bob.end).toBe('ended hungUp by remote 200/16');
    expect(simulation.ladder()).toMatchInlineSnapshot(`
      "     0 alice --> bob  INVITE
          10 bob --> alice  180
          10 bob --> alice  200
          20 alice --> bob  ACK
        1000 alice --> bob  BYE
        1010 bob --> alice  200"
    `);
  });

  it('TS-04 TS-17 ends when the callee hangs up, with final statistics', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const ends: unknown[] = [];
    alice.manager.on('terminated', ({ stats }) => ends.push(stats));
    await simulation.run(1000);
    void bob.session.hangUp();
    await finish(both);
    expect(alice.end).toBe('ended hungUp by remote 200/16');
    expect(ends).toEqual([expect.objectContaining({ codec: 'pcmu', direction: 'sendrecv' })]);
  });

  it('TS-02 finds a session by its dialog, and the sessions of a call', async () => {
    const both = await talking();
    const { alice, bob } = both;
    const { callId, localTag, remoteTag } = alice.session.dialog?.id ?? {
      callId: '',
      localTag: '',
      remoteTag: '',
    };
    expect(alice.manager.findSessionForDialog(callId, localTag, remoteTag)).toBe(alice.session);
    expect(bob.manager.findSessionForDialog(callId, localTag, remoteTag)).toBe(bob.session);
    expect(bob.manager.findSessionForDialog(callId, localTag, 'other')).toBeUndefined();
    alice.manager.linkSessionToCall(alice.session.id, 'call 7');
    expect(alice.manager.getSessionsForCall('call 7')).toEqual([alice.session]);
    void alice.session.hangUp();
    await finish(both);
    expect(alice.manager.getSessionsForCall('call 7')).toEqual([]);
    expect(bob.manager.findSessionForDialog(callId, localTag, remoteTag)).toBeUndefined();
  });

  it('tells every session its own events, in one order', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const told: string[] = [];
    alice.session.on('stateChanged', ({ to, seq, callId }) => told.push(`${seq} ${callId} ${to}`));
    alice.session.on('custom', ({ name, data }) => told.push(`${name} ${String(data)}`));
    alice.session.publish('note', 'vip');
    void alice.session.hangUp();
    await finish(both);
    expect(told[0]).toBe('note vip');
    expect(told).toHaveLength(3);
    expect(simulation.ladder()).toContain('BYE');
  });

  it('survives listeners that throw or hang up', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    alice.manager.on('stateChanged', () => {
      throw new Error('of the application');
    });
    alice.manager.on('stateChanged', ({ sessionId, to }) => {
      if (to === 'connected') void alice.manager.get(sessionId)?.hangUp();
    });
    alice.call('bob');
    await simulation.run(1000);
    await finish(both);
    expect(alice.end).toBe('ended hungUp by local 200/16');
    expect(bob.end).toBe('ended hungUp by remote 200/16');
  });
});
