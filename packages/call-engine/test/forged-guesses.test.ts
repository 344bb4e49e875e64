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
  async function register(address: string, password?: string, challenge?: SipResponse) {
    const request = registerOf(++sent);
    const asked = challenge?.headers.get('www-authenticate')?.[0];
    if (asked !== undefined && password !== undefined) {
      const proof = { username: 'alice', password, cnonce: 'c', nonceCount: 1 };
      const answer = answerChallenge(asked, { ...proof, method: 'REGISTER', uri: request.uri });
      if (!answer.ok) throw new Error(answer.refusal.message);
      request.headers.set('Authorization', answer.value);
    }
    const hop = { transport: 'udp', address, port: 5060 } as const;
    stage.engine.receive({ message: request, hop, local: { address: '192.0.2.1', port: 5060 } });
    await stage.simulation.run(100);
    const answer = answers.at(-1);
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }
  return { stage, register, trust, suspect };
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
  for (let guess = 0; guess < 20; guess++) {
    answer = await register('192.0.2.7', `guess ${guess}`, answer);
  }
  expect((await register('192.0.2.7')).status).toBe(403);
  expect(suspect).toHaveLength(20);
  await stage.strike();
});
