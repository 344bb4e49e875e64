import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

describe('requests within a dialog', () => {
  it('are answered by what sessions understand', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const statuses: [string, number][] = [];
    const send = (method: string, type?: string, content = ''): void => {
      const parts = type === undefined ? {} : { body: { type, content } };
      alice.session.dialog?.request(method, parts, {
        onResponse: ({ status }) => void statuses.push([method, status]),
        onFailed() {},
      });
    };
    send('OPTIONS');
    send('INFO');
    send('INFO', 'application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n');
    send('INFO', 'application/dtmf', '#');
    send('INFO', 'application/dtmf', 'hello');
    send('INFO', 'text/plain', 'hello');
    send('MESSAGE');
    send('FETCH');
    await simulation.run(100);
    expect(statuses.map(([, status]) => status)).toEqual([200, 200, 200, 200, 400, 415, 405, 501]);
    expect(bob.log).toEqual(['digit 5 info', 'digit # info']);
    void alice.session.hangUp();
    await finish(both);
  });

  it('TS-08 carries digits by media', async () => {
    const both = await talking();
    await both.alice.session.sendDigits('12#');
    expect(both.bob.log).toEqual(['digit 1 rtp', 'digit 2 rtp', 'digit # rtp']);
    void both.alice.session.hangUp();
    await finish(both);
  });
});

describe('closing a manager', () => {
  it('TS-03 TS-06 ends all sessions, and nothing is left', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) =>
      bob.manager.sessions().length === 1 ? session.answer() : session.ring();
    alice.call('bob');
    await simulation.run(500);
    alice.call('bob');
    await simulation.run(500);
    bob.call('alice');
    expect(bob.manager.counts().sessions).toBe(3);
    const closed = bob.manager.close();
    await simulation.run(6000);
    await closed;
    expect(Object.values(bob.manager.counts()).every((count) => count === 0)).toBe(true);
    expect(bob.log.filter((line) => line.startsWith('ended')).sort()).toEqual([
      'ended cancelled by local 487/16',
      'ended hungUp by local 200/16',
      'ended rejected by local 503/41',
    ]);
    await finish(both);
  });

  it('keeps its deadline when the peers are silent', async () => {
    const both = await talking();
    const { simulation, bob } = both;
    simulation.network.link('alice', 'bob', { loss: 1 });
    bob.call('alice');
    await simulation.run(100);
    const closed = bob.manager.close({ deadlineMs: 1000 });
    await simulation.run(1100);
    await closed;
    expect(Object.values(bob.manager.counts()).every((count) => count === 0)).toBe(true);
    void both.alice.session.hangUp();
    await finish(both);
  });
});
