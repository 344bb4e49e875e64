import { NameAddr, uri } from '@strowger/sip-message';
import type { CallOptions, SessionManagerOptions } from '@strowger/session-core';
import { createSimulation, type FakeMediaWire } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, Phone, scene } from './two-phones.ts';

const as = (name: string): Partial<CallOptions> => ({
  from: new NameAddr({ uri: uri(`sip:${name}@alice;transport=udp`) }),
});

describe('sessions are limited', () => {
  it('for each address that begins them, here and there', async () => {
    const both = scene({}, { limits: { perUser: 2 } });
    const { simulation, alice, bob } = both;
    const first = [alice.call('bob'), alice.call('bob')];
    expect(() => alice.call('bob')).toThrow('sip:alice@alice has begun 2 sessions');
    const other = alice.call('bob', as('carol'));
    await simulation.run(1000);
    expect([...first, other].map(({ state }) => state)).toEqual([
      'connected',
      'connected',
      'connected',
    ]);
    void first[0]?.hangUp();
    await simulation.run(1000);
    const again = alice.call('bob');
    await simulation.run(1000);
    expect([again.state, bob.manager.sessions().length]).toEqual(['connected', 3]);
    await alice.manager.close({ deadlineMs: 0 });
    await finish(both);
  });

  it('for callers as well, who get 480', async () => {
    const simulation = createSimulation({ seed: 1 });
    const wire: FakeMediaWire = new Map();
    const alice = new Phone(simulation, 'alice', { wire });
    const bob = new Phone(simulation, 'bob', { wire, limits: { perUser: 1 } });
    const first = alice.call('bob');
    await simulation.run(1000);
    const [second, other] = [alice.call('bob'), alice.call('bob', as('carol'))];
    await simulation.run(1000);
    expect([first.state, other.state]).toEqual(['connected', 'connected']);
    expect((await second.ended).status).toBe(480);
    for (const session of [first, other]) void session.hangUp();
    await finish({ simulation, alice, bob });
  });

  it('by their age: the forgotten are hung up, one timer for all', async () => {
    const both = scene({}, { limits: { maxAgeMs: 60_000 } });
    const { simulation, alice, bob } = both;
    const old = alice.call('bob');
    await simulation.run(30_000);
    const young = alice.call('bob');
    await simulation.run(29_900);
    expect([old.state, young.state]).toEqual(['connected', 'connected']);
    await simulation.run(1000);
    expect([old.state, young.state]).toEqual(['terminated', 'connected']);
    expect(await old.ended).toMatchObject({ kind: 'hungUp', cause: 102 });
    await simulation.run(30_000);
    expect(young.state).toBe('terminated');
    expect(bob.manager.sessions()).toEqual([]);
    await finish(both);
  });
});

describe('many sessions', () => {
  it('rest on the timers of RFC 4028 alone, and leave nothing when they are gone', async () => {
    const both = scene({ ladder: false });
    const { simulation, alice, bob } = both;
    for (let made = 0; made < 500; made++) alice.call('bob');
    await simulation.run(60_000); // their transactions are over
    expect([alice.manager.sessions().length, bob.manager.sessions().length]).toEqual([500, 500]);
    // each side's end of the session, and one side's refresh of it
    expect(simulation.clock.armedTimers).toBe(500 * 3);
    const ids = alice.manager.sessions().map(({ id }) => id);
    for (const session of alice.manager.sessions()) void session.hangUp();
    await finish(both);
    expect(ids.filter((id) => alice.manager.get(id) !== undefined)).toEqual([]);
  });
});

describe('options that cannot be are refused by name', () => {
  it.each<[Partial<SessionManagerOptions>, string]>([
    [{ limits: { sessions: -1 } }, 'limits.sessions is -1; allowed: a whole number from 0'],
    [{ limits: { perUser: 0 } }, 'limits.perUser is 0'],
    [{ limits: { answerMs: 0.5 } }, 'limits.answerMs is 0.5'],
    [{ limits: { maxAgeMs: 2 ** 31 } }, 'limits.maxAgeMs is 2147483648'],
    [{ mediaRetries: Number.NaN }, 'mediaRetries is NaN'],
    [{ contactUser: 'a@b' }, 'contactUser is a@b; allowed: the user part'],
  ])('%j of a manager', (options, message) => {
    expect(() => scene({}, options)).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining(message) }),
    );
  });

  it.each<[Partial<CallOptions>, string]>([
    [{ ringTimeoutMs: 0 }, 'ringTimeoutMs is 0'],
    [{ codecs: [] }, 'codecs is []'],
    [{ followRedirects: { limit: -1 } }, 'followRedirects.limit is -1'],
  ])('%j of a call, and nothing begins', async (options, message) => {
    const both = scene();
    expect(() => both.alice.call('bob', options)).toThrow(message);
    expect(both.alice.manager.sessions()).toEqual([]);
    await finish(both);
  });
});
