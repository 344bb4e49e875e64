import { createResponse } from '@strowger/sip-message';
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

  it('are taken by the owner where sessions know nothing of them, and Allow says so', async () => {
    let takes = false;
    const seen: [string, boolean][] = [];
    const both = scene(
      {},
      {
        allow: () => (takes ? ['MESSAGE'] : []),
        onRequestInCall: (transaction, session) => {
          seen.push([transaction.method, session === both.bob.session]);
          if (takes) transaction.respond(createResponse(transaction.request, 202));
          return takes;
        },
      },
    );
    const { simulation, alice } = both;
    alice.call('bob');
    await simulation.run(1000);
    const answers: string[] = [];
    const send = async (method: string): Promise<void> => {
      alice.session.dialog?.request(
        method,
        {},
        {
          onResponse: ({ status, headers }) => {
            answers.push(`${status} ${headers.get('allow')?.includes('MESSAGE') ?? '-'}`);
          },
          onFailed() {},
        },
      );
      await simulation.run(100);
    };
    await send('MESSAGE');
    await send('OPTIONS');
    takes = true;
    await send('MESSAGE');
    await send('OPTIONS');
    expect(answers).toEqual(['405 false', '200 false', '202 -', '200 true']);
    expect(seen).toEqual([
      ['MESSAGE', true],
      ['MESSAGE', true],
    ]);
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

describe('digits', () => {
  it('go by INFO where that is asked for, one after the other, in both forms', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    let sent = false;
    const sending = alice.session
      .sendDigits('1#a', { via: 'info', durationMs: 160 })
      .then(() => alice.session.sendDigits('7', { via: 'info', infoType: 'dtmf' }))
      .then(() => (sent = true));
    await simulation.run(5);
    expect(sent).toBe(false);
    await simulation.run(500);
    await sending;
    expect(bob.log).toEqual(['digit 1 info', 'digit # info', 'digit A info', 'digit 7 info']);
    void alice.session.hangUp();
    await finish(both);
  });

  it('are refused by a peer that takes none by INFO, and by us where they make no sense', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    const { dialog } = bob.session;
    if (dialog === undefined) throw new Error('bob has answered');
    dialog.user = {
      ...dialog.user,
      onRequest: (transaction) => transaction.respond(createResponse(transaction.request, 415)),
    };
    const outcomes: unknown[] = [];
    const keep = ({ code }: { code: string }): unknown => outcomes.push(code);
    alice.session.sendDigits('1', { via: 'info' }).catch(keep);
    alice.session.sendDigits('x', { via: 'info' }).catch(keep);
    await simulation.run(100);
    expect(outcomes).toEqual(['MEDIA_BAD_DIGITS', 'DIGITS_REFUSED']);
    void alice.session.hangUp();
    await finish(both);
  });

  it('that come by media and by INFO are heard once', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    for (const digit of '112') {
      await alice.session.sendDigits(digit);
      void alice.session.sendDigits(digit, { via: 'info' });
      await simulation.run(300);
    }
    expect(bob.log).toEqual(['digit 1 rtp', 'digit 1 rtp', 'digit 2 rtp']);
    await simulation.run(2000);
    void alice.session.sendDigits('2', { via: 'info' });
    await simulation.run(100);
    expect(bob.log.at(-1)).toBe('digit 2 info');
    void alice.session.hangUp();
    await finish(both);
  });

  it('are heard in band where that was asked for', async () => {
    const both = scene();
    const { simulation, alice, bob } = both;
    bob.onIncoming = (session) => session.answer({ digits: ['rtp', 'inband'] });
    alice.call('bob');
    await simulation.run(1000);
    await alice.session.sendDigits('5', { via: 'inband' });
    await bob.session.sendDigits('6', { via: 'inband' });
    expect(bob.log.at(-1)).toBe('digit 5 inband');
    expect(alice.log.filter((line) => line.startsWith('digit'))).toEqual([]);
    void alice.session.hangUp();
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
