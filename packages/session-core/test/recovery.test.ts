import { type Recovery, StrowgerError } from '@strowger/runtime';
import { type EndReason, recoveryOf } from '@strowger/session-core';
import { describe, expect, it } from 'vitest';
import { finish, scene, talking } from './two-phones.ts';

const facts = { by: 'remote', status: 0, cause: 0 } as const;
const ended = (reason: object): EndReason => ({ ...facts, ...reason }) as EndReason;
const retry = (afterMs: number): Recovery => ({ kind: 'retry', afterMs });
const fix = (key: string): Recovery => ({ kind: 'fixConfiguration', key });
const NONE: Recovery = { kind: 'none' };

describe('what can be done about the end of a call', () => {
  it.each<[string, EndReason, Recovery]>([
    ['is not trusted', ended({ kind: 'rejected', status: 401 }), { kind: 'authenticate' }],
    [
      'is not trusted by a proxy',
      ended({ kind: 'rejected', status: 407 }),
      { kind: 'authenticate' },
    ],
    ['is busy', ended({ kind: 'rejected', status: 486 }), retry(30_000)],
    ['is busy everywhere', ended({ kind: 'rejected', status: 600 }), retry(30_000)],
    ['is away', ended({ kind: 'rejected', status: 480 }), retry(30_000)],
    ['is overloaded', ended({ kind: 'rejected', status: 503 }), retry(5000)],
    ['is unknown', ended({ kind: 'rejected', status: 404 }), NONE],
    ['declines', ended({ kind: 'rejected', status: 603 }), NONE],
    ['is refused by us', ended({ kind: 'rejected', by: 'local', status: 486 }), NONE],
    ['does not answer', ended({ kind: 'timeout', phase: 'ring' }), retry(30_000)],
    ['is silent', ended({ kind: 'timeout', phase: 'invite' }), retry(5000)],
    ['cannot be reached', ended({ kind: 'transportFailed', code: 'NO_ROUTE' }), retry(5000)],
    ['is no secure hop', ended({ kind: 'transportFailed', code: 'INSECURE_HOP' }), NONE],
    ['has no codec', ended({ kind: 'mediaFailed', code: 'MEDIA_NOT_ACCEPTABLE' }), fix('codecs')],
    ['is not encrypted', ended({ kind: 'mediaFailed', code: 'MEDIA_NOT_ENCRYPTED' }), fix('srtp')],
    ['finds no ports', ended({ kind: 'mediaFailed', code: 'MEDIA_PORTS_EXHAUSTED' }), retry(5000)],
    ['lost the dialog', ended({ kind: 'dialogLost', status: 481 }), retry(0)],
    ['was given up', ended({ kind: 'cancelled', answeredElsewhere: false }), NONE],
    ['hung up', ended({ kind: 'hungUp' }), NONE],
  ])('whose peer %s', (_, reason, recovery) => {
    expect(recoveryOf(reason)).toEqual(recovery);
  });
});

async function caught(act: () => unknown): Promise<StrowgerError> {
  try {
    await act();
  } catch (error) {
    return error as StrowgerError; // everything of ours is one
  }
  throw new Error('nothing was thrown');
}

describe('errors that a program can act on', () => {
  it.each<[number, Recovery]>([
    [407, { kind: 'authenticate' }],
    [486, retry(30_000)],
    [404, NONE],
  ])('SESSION_ENDED after %i says what to do', async (status, recovery) => {
    const both = scene();
    both.bob.onIncoming = (session) => session.reject(status);
    const session = both.alice.call('bob');
    const error = caught(() => session.connected);
    await finish(both);
    expect(await error).toMatchObject({ code: 'SESSION_ENDED', cause: { status }, recovery });
  });

  it.each<[string, number, Recovery]>([
    ['MEDIA_NOT_ACCEPTABLE', 488, NONE],
    ['MEDIA_FAILED', 500, retry(5000)],
    ['MEDIA_PORTS_EXHAUSTED', 503, retry(5000)],
  ])('CHANGE_REFUSED says what the peer answered: %s, %i', async (code, status, recovery) => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    bob.media.failNext('acceptOffer', new StrowgerError(code, 'refused'));
    const error = caught(() => alice.session.hold());
    await simulation.run(1000);
    expect(await error).toMatchObject({ code: 'CHANGE_REFUSED', cause: { status }, recovery });
    void alice.session.hangUp();
    await finish(both);
  });

  it('a change that nobody answers ends the call, which may be made anew', async () => {
    const both = await talking();
    const { simulation, alice, bob } = both;
    simulation.network.link('alice', 'bob', { loss: 1 });
    const error = caught(() => alice.session.hold());
    await simulation.run(33_000);
    expect(await error).toMatchObject({
      code: 'SESSION_ENDED',
      cause: { kind: 'timeout', phase: 'dialog' },
      recovery: retry(5000),
    });
    simulation.network.link('alice', 'bob', { loss: 0 });
    void bob.session.hangUp();
    await finish(both);
  });

  it('SESSION_BUSY: too many changes wait; another time', async () => {
    const both = await talking();
    const { simulation, alice } = both;
    const errors = Array.from({ length: 12 }, (_, at) =>
      caught(() => (at % 2 === 0 ? alice.session.hold() : alice.session.resume())).catch(() => {}),
    );
    await simulation.run(5000);
    const busy = (await Promise.all(errors)).find((error) => error !== undefined);
    expect(busy).toMatchObject({ code: 'SESSION_BUSY', recovery: retry(1000) });
    void alice.session.hangUp();
    await finish(both);
  });

  it('TOO_MANY_SESSIONS: some will end', async () => {
    const both = scene({}, { limits: { sessions: 1 } });
    both.alice.call('bob');
    const error = await caught(() => both.alice.call('bob'));
    expect(error).toMatchObject({ code: 'TOO_MANY_SESSIONS', recovery: retry(5000) });
    await both.simulation.run(1000);
    void both.alice.session.hangUp();
    await finish(both);
  });

  it('options that cannot be are named', async () => {
    const manager = await caught(() => scene({}, { mediaRetries: -1 }));
    expect(manager).toMatchObject({ code: 'BAD_OPTION', recovery: fix('mediaRetries') });
    const both = scene();
    const call = await caught(() => both.alice.call('bob', { ringTimeoutMs: 0 }));
    expect(call).toMatchObject({ code: 'BAD_OPTION', recovery: fix('ringTimeoutMs') });
    const conference = await caught(() => both.alice.manager.createConference({ maximum: 0 }));
    expect(conference).toMatchObject({ code: 'BAD_CONFERENCE', recovery: fix('maximum') });
    const session = both.alice.call('bob');
    await both.simulation.run(500);
    const asked = await caught(() => both.alice.manager.requireAuthentication(session.id));
    expect(asked).toMatchObject({ code: 'NO_AUTHENTICATION', recovery: fix('authentication') });
    void session.hangUp();
    await finish(both);
  });
});
