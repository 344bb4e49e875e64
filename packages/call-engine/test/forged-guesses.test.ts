import { SipRequest, type SipResponse, uri, answerChallenge } from '@strowger/sip-message';
import type { Hop } from '@strowger/transaction-core';
import { expect, it } from 'vitest';
import { setStage } from './stage.ts';

/** A PBX that is told of requests as if a transport had heard them, and what it answers. */
async function told() {
  const answers: SipResponse[] = [];
  const trust: Hop[] = [];
  const suspect: Hop[] = [];
  const flows = { trust: (hop: Hop) => trust.push(hop), suspect: (hop: Hop) => suspect.push(hop) };
  const sender = {
    locate: () => [],
    sentBy: () => ({ host: 'pbx', port: 5060 }),
    send: (message: SipRequest | SipResponse) => {
      if (message.kind === 'response') answers.push(message);
    },
  };
  const stage = setStage({}, { sender, flows });
  await stage.addUser('alice');
  let sent = 0;
  function send(address: string, password?: string, challenge?: SipResponse, nonceCount = 1): void {
    const request = registerOf(++sent);
    const asked = challenge?.headers.get('www-authenticate')?.[0];
    if (asked !== undefined && password !== undefined) {
      const proof = { username: 'alice', password, cnonce: 'c', nonceCount };
      const answer = answerChallenge(asked, { ...proof, method: 'REGISTER', uri: request.uri });
      if (!answer.ok) throw new Error(answer.refusal.message);
      request.headers.set('Authorization', answer.value);
    }
    const hop = { transport: 'udp', address, port: 5060 } as const;
    stage.engine.receive({ message: request, hop, local: { address: '192.0.2.1', port: 5060 } });
  }
  async function register(address: string, password?: string, challenge?: SipResponse) {
    send(address, password, challenge);
    await stage.simulation.run(100);
    const answer = answers.at(-1);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }
  /** A wrong password from where the challenge was sent. */
  async function guess(address: string): Promise<void> {
    await register(address, 'guess', await register(address));
  }
  return { stage, send, register, guess, answers, trust, suspect };
}

function registerOf(number: number): SipRequest {
  return new SipRequest({
    method: 'REGISTER',
    uri: uri('sip:pbx'),
    headers: [
      ['Via', `SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK${number}`],
      ['Max-Forwards', 70],
      ['From', '<sip:alice@pbx>;tag=t'],
      ['To', '<sip:alice@pbx>'],
      ['Call-ID', `call-${number}`],
      ['CSeq', '1 REGISTER'],
      ['Contact', '<sip:alice@192.0.2.7>'],
    ],
  });
}

it('shuts nobody out for guesses that others sent in their name', async () => {
  const { stage, register, trust, suspect } = await told();
  const mine = await register('198.51.100.66'); // the attacker has a nonce of its own
  for (let guess = 0; guess < 40; guess++) await register('192.0.2.7', `guess ${guess}`, mine);
  expect(suspect).toEqual([]);
  const challenge = await register('192.0.2.7');
  expect((await register('192.0.2.7', 'pw-alice', challenge)).status).toBe(200);
  expect(trust).toMatchObject([{ address: '192.0.2.7' }]);
  await stage.strike();
});

it('shuts out who guesses from where the challenges are sent', async () => {
  const { stage, register, suspect } = await told();
  let answer = await register('192.0.2.7');
  for (let guess = 0; guess < 5; guess++) {
    answer = await register('192.0.2.7', `guess ${guess}`, answer);
  }
  expect((await register('192.0.2.7')).status).toBe(403);
  expect(suspect).toHaveLength(5);
  await stage.strike();
});

it('A10: hears who is guessed at from everywhere only where it is at home', async () => {
  const { stage, register, guess } = await told();
  await register('192.0.2.7', 'pw-alice', await register('192.0.2.7'));
  for (let host = 1; host <= 20; host++) await guess(`198.51.100.${host}`);
  const elsewhere = await register('203.0.113.1');
  expect(elsewhere.status).toBe(403);
  expect(elsewhere.headers.raw('Retry-After')).toEqual(['60']);
  expect((await register('192.0.2.7', 'pw-alice', await register('192.0.2.7'))).status).toBe(200);
  await stage.simulation.run(60_000);
  const later = await register('203.0.113.1');
  expect((await register('203.0.113.1', 'pw-alice', later)).status).toBe(200);
  await stage.strike();
});

it('A10: knows from registrations of an earlier process where a user is at home', async () => {
  const { stage, register, guess } = await told();
  const binding = { contact: 'sip:alice@192.0.2.7', q: 1, callId: 'c', cseq: 1, updatedAt: 0 };
  const expiresAt = stage.simulation.clock.wall() + 600_000;
  await stage.stores.location.replace('sip:alice@pbx', 0, [{ ...binding, expiresAt }]);
  const challenge = await register('192.0.2.7');
  for (let host = 1; host <= 20; host++) await guess(`198.51.100.${host}`);
  expect((await register('192.0.2.7', 'pw-alice', challenge)).status).toBe(200);
  await stage.strike();
});

it('judges guesses that come all at once one after the other', async () => {
  const { stage, register, send, answers } = await told();
  const challenge = await register('192.0.2.7');
  const words = Array.from({ length: 30 }, (_, index) => `word ${index}`);
  words[10] = 'pw-alice';
  const find = stage.stores.credentials.find.bind(stage.stores.credentials);
  stage.stores.credentials.find = async (realm, username) => {
    await new Promise<void>((resolve) => stage.simulation.clock.arm(5, resolve));
    return find(realm, username);
  };
  const before = answers.length;
  for (const [index, word] of words.entries()) send('192.0.2.7', word, challenge, index + 1);
  await stage.simulation.run(1000);
  const statuses = answers.slice(before).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  expect(statuses.filter((status) => status === 403)).toHaveLength(25);
  await stage.strike();
});

it('does not tell right from wrong to who guesses with nonces of their own making', async () => {
  const { stage, register } = await told();
  const challenge = await register('192.0.2.7');
  const value = challenge.headers.raw('WWW-Authenticate')[0] ?? '';
  challenge.headers.set('WWW-Authenticate', value.replace(/nonce="[^"]*"/, 'nonce="made up"'));
  const isStale = async (password: string): Promise<boolean> => {
    const answer = await register('192.0.2.7', password, challenge);
    return answer.headers.get('www-authenticate')?.[0]?.stale === true;
  };
  expect(await isStale('pw-alice')).toBe(true); // as after a restart
  for (let guess = 0; guess < 4; guess++) expect(await isStale(`guess ${guess}`)).toBe(false);
  expect(await isStale('pw-alice')).toBe(false);
  await stage.simulation.run(60_000);
  expect(await isStale('pw-alice')).toBe(true);
  await stage.strike();
});
