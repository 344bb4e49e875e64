import {
  answerChallenge,
  computeHa1,
  type Credentials,
  SipRequest,
  SipResponse,
  uri,
} from '@strowger/sip-message';
import { bypassAuthentication, type SessionAuthenticationOptions } from '@strowger/session-core';
import { createSimulation, type FakeMediaWire } from '@strowger/testkit';
import { describe, expect, it } from 'vitest';
import { finish, Phone, type Scene } from './two-phones.ts';

const secret = { username: 'alice', realm: 'bob', password: 'wonderland' };
const store: SessionAuthenticationOptions = {
  realm: 'bob',
  credentials: (username) =>
    username === 'alice' ? { MD5: computeHa1('MD5', secret) } : undefined,
};
const known = { credentials: () => ({ username: 'alice', password: 'wonderland' }) };
const wrong = { credentials: () => ({ username: 'alice', password: 'looking glass' }) };

/** Bob asks who calls. */
function asking(options: Partial<SessionAuthenticationOptions> = {}): Scene & { told: string[] } {
  const simulation = createSimulation({ seed: 1 });
  const wire: FakeMediaWire = new Map();
  const alice = new Phone(simulation, 'alice', { wire });
  const bob = new Phone(simulation, 'bob', { wire, authentication: { ...store, ...options } });
  const told: string[] = [];
  bob.manager.on('security', ({ what, severity, source, detail }) =>
    told.push(`${severity} ${what} ${detail ?? ''} ${source === '' ? 'nobody' : 'from alice'}`),
  );
  return { simulation, alice, bob, told };
}

describe('TS-22 a caller who is asked', () => {
  it('TS-23 proves who it is, with the second INVITE', async () => {
    const all = asking();
    const { simulation, alice, bob } = all;
    const host = simulation.network.hostOf('alice');
    const receive = host.receive;
    const proofs: string[] = [];
    host.receive = (inbound) => {
      proofs.push(...inbound.message.headers.raw('Proxy-Authentication-Info'));
      receive?.(inbound);
    };
    const session = alice.call('bob', known);
    await simulation.run(1000);
    expect(session.state).toBe('connected');
    expect(proofs).toEqual([expect.stringMatching(/rspauth="[0-9a-f]{32}"/)]);
    expect(bob.session.isAuthenticated).toBe(true);
    expect(bob.session.getAuthenticationState()).toEqual({
      name: 'authenticated',
      username: 'alice',
    });
    expect(simulation.ladder()).toContain('407');
    void session.hangUp();
    await finish(all);
  });

  it('TS-23 is refused without credentials, and the application never hears of it', async () => {
    const all = asking();
    let heard = 0;
    all.bob.onIncoming = () => void heard++;
    const session = all.alice.call('bob');
    await finish(all);
    expect((await session.ended).status).toBe(407);
    expect([heard, all.told]).toEqual([0, []]);
  });

  it('is locked out after too many wrong passwords, for a while', async () => {
    const all = asking({ maxFailures: 4, lockMs: 10_000 });
    const { simulation, alice, told } = all;
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const session = alice.call('bob', wrong);
      await simulation.run(1000);
      statuses.push((await session.ended).status);
    }
    expect(statuses).toEqual([407, 407, 403]);
    // each call tries twice: a new nonce might have been all that was wrong
    expect(told).toEqual([
      ...Array(4).fill('warning authenticationFailed wrong from alice'),
      'critical lockedOut  from alice',
    ]);
    await simulation.run(15_000);
    const session = alice.call('bob', known);
    await simulation.run(1000);
    expect(session.state).toBe('connected');
    void session.hangUp();
    await finish(all);
  });

  it('guesses no more often where all guesses come at once', async () => {
    const all = asking({
      maxFailures: 4,
      credentials: async (username) => {
        await new Promise<void>((resolve) => all.simulation.clock.arm(50, resolve));
        return username === 'alice' ? { MD5: computeHa1('MD5', secret) } : undefined;
      },
    });
    const sessions = [...Array.from({ length: 9 }, () => wrong), known].map((one) =>
      all.alice.call('bob', one),
    );
    await finish(all);
    const ends = await Promise.all(sessions.map(({ ended }) => ended));
    expect(all.told).toEqual([
      ...Array(4).fill('warning authenticationFailed wrong from alice'),
      'critical lockedOut  from alice',
    ]);
    expect(ends.map(({ status }) => status)).toEqual([
      ...Array(4).fill(407),
      ...Array(6).fill(403),
    ]);
  });

  it('clears the failures of its own name alone', async () => {
    const carol = computeHa1('MD5', { ...secret, username: 'carol' });
    const all = asking({
      maxFailures: 3,
      credentials: (name) => (name === 'carol' ? { MD5: carol } : store.credentials(name)),
    });
    const own = { credentials: () => ({ username: 'carol', password: 'wonderland' }) };
    const states: string[] = [];
    for (const one of [wrong, own, wrong, own]) {
      const session = all.alice.call('bob', one);
      await all.simulation.run(1000);
      states.push(session.state);
      void session.hangUp();
      await all.simulation.run(1000);
    }
    expect(states).toEqual(['terminated', 'connected', 'terminated', 'terminated']);
    expect(all.told).toContain('critical lockedOut  from alice');
    await finish(all);
  });

  it('is not locked out by guesses that others send in its name', async () => {
    const all = asking({ maxFailures: 4 });
    const { simulation, alice, bob } = all;
    const mallory = simulation.network.host('mallory');
    const [home, mine] = [simulation.network.hostOf('alice'), mallory].map(
      ({ address }) => address,
    );
    const answers: SipRequest['headers'][] = [];
    mallory.receive = ({ message }) => void answers.push(message.headers);
    const send = (address: string | undefined, number: number): void => {
      const request = inviteOf(number);
      const challenge = answers[0]?.get('proxy-authenticate')?.[0];
      if (challenge !== undefined) {
        const guess = { username: 'alice', password: `${number}`, cnonce: 'c', nonceCount: number };
        const proof = answerChallenge(challenge, { ...guess, method: 'INVITE', uri: request.uri });
        if (proof.ok) request.headers.set('Proxy-Authorization', proof.value);
      }
      const hop = { transport: 'udp', address: address ?? '', port: 5060 } as const;
      bob.manager.receive({ message: request, hop, local: { address: '', port: 5060 } });
    };
    send(mine, 0);
    await simulation.run(1000);
    for (let number = 1; number <= 10; number++) {
      send(home, number);
      await simulation.run(10);
    }
    // who guesses from nobody knows where is not heard for ever either
    expect(all.told).toEqual(Array(4).fill('warning authenticationFailed wrong from alice'));
    const session = alice.call('bob', known);
    await simulation.run(1000);
    expect(session.state).toBe('connected');
    void session.hangUp();
    await finish(all);
  });

  it('is asked, let in or refused by method and source, as the policy says', async () => {
    const demands = ['allow', 'refuse', 'authenticate'] as const;
    const seen: string[] = [];
    let call = 0;
    const all = asking({
      policy: ({ method }, source) => {
        seen.push(`${method} ${source?.transport}`);
        return demands[call++] ?? 'refuse';
      },
    });
    const { simulation, alice, bob } = all;
    const open = alice.call('bob');
    await simulation.run(1000);
    expect([open.state, bob.session.getAuthenticationState().name]).toEqual([
      'connected',
      'unauthenticated',
    ]);
    const refused = alice.call('bob');
    const asked = alice.call('bob');
    await simulation.run(1000);
    expect([(await refused.ended).status, (await asked.ended).status]).toEqual([403, 407]);
    expect(seen).toEqual(['INVITE udp', 'INVITE udp', 'INVITE udp']);
    void open.hangUp();
    await finish(all);
  });

  it('is challenged anew, as stale, once its nonce has aged', async () => {
    const all = asking({ nonceLifetimeMs: 1000 });
    const answers = await dials(all, [
      { waitMs: 0, nonceCount: 1 },
      { waitMs: 2000, nonceCount: 2 },
    ]);
    expect(answers).toEqual(['486', '407 stale=true']);
    expect(all.told).toEqual([]);
  });

  it('cannot use a proof again: that is a replay, and told', async () => {
    const all = asking();
    const answers = await dials(all, [
      { waitMs: 0, nonceCount: 1 },
      { waitMs: 0, nonceCount: 1 },
      { waitMs: 0, nonceCount: 2 },
    ]);
    expect(answers).toEqual(['486', '407', '486']);
    expect(all.told).toEqual(['critical replay replayed from alice']);
  });

  it('gets 500 where the credentials cannot be read', async () => {
    const all = asking({
      credentials: () => {
        throw new Error('the database is gone');
      },
    });
    const session = all.alice.call('bob', known);
    await finish(all);
    expect((await session.ended).status).toBe(500);
  });

  it('is let in by a bypass that only code can make, and that is told', async () => {
    const all = asking({ bypass: bypassAuthentication('a test') });
    const session = all.alice.call('bob');
    await all.simulation.run(1000);
    expect(all.bob.session.isAuthenticated).toBe(true);
    expect(all.told).toEqual(['critical bypassed a test from alice']);
    void session.hangUp();
    await finish(all);
    const fromFile = JSON.parse('{ "reason": "a test" }');
    expect(() => asking({ bypass: fromFile })).toThrow(
      expect.objectContaining({ code: 'AUTHENTICATION_BYPASS' }),
    );
  });
});

describe('TS-22 an application that asks', () => {
  const unasked = { policy: () => 'allow' as const };

  it('once more, gets the same answer', async () => {
    const all = asking();
    const { simulation, alice, bob, told } = all;
    bob.onIncoming = async (incoming) => {
      if (await bob.manager.requireAuthentication(incoming.id)) await incoming.answer();
    };
    const session = alice.call('bob', known);
    await simulation.run(1000);
    expect([session.state, told]).toEqual(['connected', []]);
    void session.hangUp();
    await finish(all);
  });

  it('by several passwords, is told of the one that is right', async () => {
    const all = asking(unasked);
    const { simulation, alice, bob, told } = all;
    const answers: unknown[] = [];
    bob.onIncoming = async ({ id, request }) => {
      if (!request?.headers.has('proxy-authorization'))
        return void bob.manager.challengeSession(id);
      for (const password of ['guess', 'wonderland', 'wonderland', 'guess', 'wonderland']) {
        const credentials = { username: 'alice', password };
        answers.push(await bob.manager.authenticateSession(id, credentials));
      }
      bob.session.reject(480);
    };
    alice.call('bob', known);
    await simulation.run(1000);
    expect(answers).toEqual([false, true, true, false, true]);
    expect(told).toEqual(Array(2).fill('warning authenticationFailed wrong from alice'));
    await finish(all);
  });

  it('too late, changes nothing', async () => {
    const all = asking({ ...unasked, maxFailures: 1 });
    const { simulation, alice, bob } = all;
    const session = alice.call('bob');
    await simulation.run(1000);
    const { manager } = bob;
    expect(() => manager.challengeSession(bob.session.id)).toThrow(
      'challenge is not possible while connected',
    );
    expect(bob.session.getAuthenticationState().name).toBe('unauthenticated');
    void session.hangUp();
    await finish(all);
  });

  it('by itself: challenge, require, compare with a password', async () => {
    const all = asking(unasked);
    const { simulation, alice, bob } = all;
    const answers: unknown[] = [];
    bob.onIncoming = async (session) => {
      const { manager } = bob;
      if (!session.request?.headers.has('proxy-authorization')) {
        const [challenge] = manager.challengeSession(session.id);
        answers.push(challenge?.realm, session.getAuthenticationState().name);
        return;
      }
      answers.push(
        await manager.authenticateSession(session.id, { username: 'alice', password: 'guess' }),
      );
      answers.push(session.getAuthenticationState().name);
      session.reject(403);
    };
    const session = alice.call('bob', known);
    await simulation.run(1000);
    expect((await session.ended).status).toBe(403);
    expect(answers).toEqual(['bob', 'challenged', false, 'failed']);
    bob.onIncoming = async (incoming) => {
      if (await bob.manager.requireAuthentication(incoming.id)) await incoming.answer();
    };
    const second = alice.call('bob', known);
    await simulation.run(1000);
    expect([second.state, bob.session.isAuthenticated]).toEqual(['connected', true]);
    void second.hangUp();
    await finish(all);
  });

  it('in its own way tells the table, which refuses what cannot follow', async () => {
    const all = asking(unasked);
    const { simulation, alice, bob } = all;
    const session = alice.call('bob');
    await simulation.run(1000);
    bob.session.setAuthenticationState({ type: 'required' });
    bob.session.setAuthenticationState({ type: 'proven', username: 'alice' });
    expect(bob.session.isAuthenticated).toBe(true);
    expect(() => bob.session.setAuthenticationState({ type: 'challenged' })).toThrow(
      'challenged is not possible while authenticated; allowed: refuted',
    );
    await expect(alice.manager.requireAuthentication(session.id)).rejects.toMatchObject({
      code: 'NO_AUTHENTICATION',
    });
    void session.hangUp();
    await finish(all);
  });
});

function inviteOf(number: number): SipRequest {
  return new SipRequest({
    method: 'INVITE',
    uri: uri('sip:bob@bob'),
    headers: [
      ['Via', `SIP/2.0/UDP mallory;branch=z9hG4bK${number}`],
      ['Max-Forwards', 70],
      ['From', '<sip:alice@alice>;tag=t'],
      ['To', '<sip:bob@bob>'],
      ['Call-ID', `call-${number}`],
      ['CSeq', '1 INVITE'],
      ['Contact', '<sip:alice@mallory>'],
    ],
  });
}

/** Calls under one nonce, which were proven by hand; what each was answered with. */
async function dials(
  { simulation, bob }: Scene,
  calls: readonly { waitMs: number; nonceCount: number }[],
): Promise<string[]> {
  bob.onIncoming = (session) => session.reject(486);
  const host = simulation.network.host('dialler');
  const answers: SipResponse[] = [];
  host.receive = ({ message }) => {
    if (message instanceof SipResponse && message.status >= 300) answers.push(message);
  };
  const send = async (number: number, proof?: Credentials): Promise<SipResponse | undefined> => {
    const request = inviteOf(number);
    if (proof !== undefined) request.headers.set('Proxy-Authorization', proof);
    const hop = { transport: 'udp', address: host.address, port: 5060 } as const;
    bob.manager.receive({ message: request, hop, local: { address: '', port: 5060 } });
    await simulation.run(500);
    return answers.at(-1);
  };
  const challenge = (await send(0))?.headers.get('proxy-authenticate')?.[0];
  if (challenge === undefined) throw new Error('bob did not ask');
  const outcomes: string[] = [];
  for (const [at, { waitMs, nonceCount }] of calls.entries()) {
    await simulation.run(waitMs);
    const { uri: target } = inviteOf(at);
    const own = { ...secret, cnonce: 'c', nonceCount, method: 'INVITE', uri: target };
    const proof = answerChallenge(challenge, own);
    if (!proof.ok) throw new Error('no proof');
    const answer = await send(at + 1, proof.value);
    const stale = /stale=true/iu.test(answer?.headers.raw('proxy-authenticate')[0] ?? '');
    outcomes.push(`${answer?.status}${stale ? ' stale=true' : ''}`);
  }
  await simulation.runUntilQuiet();
  return outcomes;
}
