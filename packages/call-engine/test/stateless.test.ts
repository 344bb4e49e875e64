import { answerChallenge, SipRequest, type SipResponse, uri } from '@strowger/sip-message';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { echo } from '../src/service.ts';
import { setStage, type Stage } from './stage.ts';

let struck: Stage | undefined;
afterEach(() => struck?.strike());

/** A PBX whose transport is this test: what is told to it, and what it answers. */
async function pbx(options: Partial<CallEngineOptions> = {}) {
  const answers: SipResponse[] = [];
  const sender = {
    locate: () => [{ transport: 'udp', address: '192.0.2.7', port: 9 }] as const,
    sentBy: () => ({ host: 'pbx', port: 5060 }),
    send: (message: SipRequest | SipResponse) => {
      if (message.kind === 'response') answers.push(message);
    },
  };
  const stage = setStage({}, { sender, publicAccess: ['open'], ...options });
  struck = stage;
  await stage.addUser('alice');
  async function tell(message: SipRequest, address = '192.0.2.7'): Promise<SipResponse[]> {
    const before = answers.length;
    const hop = { transport: 'udp', address, port: 5060 } as const;
    stage.engine.receive({ message, hop, local: { address: '192.0.2.1', port: 5060 } });
    await stage.simulation.run(10);
    return answers.slice(before);
  }
  const kept = (): number => stage.engine.counts().transactions;
  return { stage, tell, kept };
}

let made = 0;

function request(method: string, { from = 'alice@pbx', to = 'bob', toTag = '' } = {}): SipRequest {
  const id = ++made;
  return new SipRequest({
    method,
    uri: uri(method === 'REGISTER' ? 'sip:pbx' : `sip:${to}@pbx`),
    headers: [
      ['Via', `SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK${id}`],
      ['Max-Forwards', 70],
      ['From', `<sip:${from}>;tag=t`],
      ['To', `<sip:${method === 'REGISTER' ? 'alice' : to}@pbx>${toTag}`],
      ['Call-ID', `call-${id}`],
      ['CSeq', `1 ${method}`],
      ['Contact', '<sip:alice@192.0.2.7>'],
    ],
  });
}

/** A further request with the answer to a challenge. */
function proven(method: string, challenged: SipResponse, password = 'pw-alice'): SipRequest {
  const isRegister = method === 'REGISTER';
  const [name, header] = isRegister
    ? (['www-authenticate', 'Authorization'] as const)
    : (['proxy-authenticate', 'Proxy-Authorization'] as const);
  const asked = challenged.headers.get(name)?.[0];
  const again = request(method);
  if (asked === undefined) throw new Error('nothing is asked');
  const secret = { username: 'alice', password, cnonce: 'c', nonceCount: 1 };
  const answer = answerChallenge(asked, { ...secret, method, uri: again.uri });
  if (!answer.ok) throw new Error(answer.refusal.message);
  again.headers.set(header, answer.value);
  return again;
}

describe('T03: who has not proven who they are', () => {
  it.each([
    ['INVITE', 407],
    ['REGISTER', 401],
    ['MESSAGE', 407],
    ['SUBSCRIBE', 407],
    ['OPTIONS', 407],
    ['BYE', 481],
    ['CANCEL', 481],
  ])('%s is answered with %i, and nothing is kept of it', async (method, status) => {
    const { tell, kept } = await pbx();
    for (let n = 0; n < 50; n++) {
      expect((await tell(request(method))).map((answer) => answer.status)).toEqual([status]);
    }
    expect(kept()).toBe(0);
  });

  it.each(['SUBSCRIBE', 'NOTIFY', 'REFER', 'INFO', 'BYE'])(
    '%s within a dialog that does not exist is answered with 481, and nothing is kept of it',
    async (method) => {
      const { tell, kept } = await pbx();
      const answers = await tell(request(method, { toTag: ';tag=made-up' }));
      expect(answers.map(({ status }) => status)).toEqual([481]);
      expect(kept()).toBe(0);
    },
  );

  it('a copy gets the same tag, and a challenge that is as good', async () => {
    const { tell, kept } = await pbx();
    const asked = request('REGISTER');
    const first = await tell(asked);
    const [second] = await tell(asked);
    expect(second?.toTag).toBe(first[0]?.toTag);
    expect(second?.toTag).toBeTruthy();
    if (second === undefined) throw new Error('no answer');
    expect((await tell(proven('REGISTER', second))).map(({ status }) => status)).toEqual([200]);
    expect(kept()).toBe(1);
  });

  it('a wrong nonce proves nothing, whatever else is right', async () => {
    const { tell, kept } = await pbx();
    const [challenge] = await tell(request('REGISTER'));
    if (challenge === undefined) throw new Error('no answer');
    const forged = proven('REGISTER', challenge);
    const value = forged.headers.raw('Authorization')[0] ?? '';
    forged.headers.set('Authorization', value.replace(/nonce="[^"]*"/, 'nonce="made up"'));
    expect((await tell(forged)).map(({ status }) => status)).toEqual([401]);
    expect(kept()).toBe(0);
  });

  it('with a nonce that others were sent, a wrong password leaves nothing behind', async () => {
    const { tell, kept } = await pbx();
    const [challenge] = await tell(request('REGISTER'), '198.51.100.1');
    if (challenge === undefined) throw new Error('no answer');
    for (let guess = 0; guess < 4; guess++) {
      const answers = await tell(proven('REGISTER', challenge, 'guess'), '192.0.2.7');
      expect(answers.map(({ status }) => status)).toEqual([401]);
    }
    expect(kept()).toBe(0);
    // whose address has changed is let in all the same
    const moved = await tell(proven('REGISTER', challenge), '192.0.2.8');
    expect(moved.map(({ status }) => status)).toEqual([200]);
  });

  it('who guesses too often is refused without state', async () => {
    const { tell, kept } = await pbx();
    const [challenge] = await tell(request('REGISTER'));
    if (challenge === undefined) throw new Error('no answer');
    for (let guess = 0; guess < 5; guess++) await tell(proven('REGISTER', challenge, 'guess'));
    const before = kept();
    expect(before).toBe(5);
    const answers = await tell(proven('REGISTER', challenge, 'guess'));
    expect(answers.map(({ status }) => status)).toEqual([403]);
    expect(kept()).toBe(before);
  });

  it('a call meets 503 without state where no more are taken', async () => {
    const { tell, kept } = await pbx({ maxCalls: 0 });
    const [answer] = await tell(request('INVITE'));
    expect(answer?.status).toBe(503);
    expect(answer?.headers.raw('Retry-After')).toEqual(['10']);
    expect(kept()).toBe(0);
  });
});

it('T02: calls whose caller is gone leave nothing after 64*T1 and five seconds', async () => {
  const { stage, tell, kept } = await pbx({ services: { open: echo() } });
  for (let call = 0; call < 100; call++) await tell(request('INVITE', { to: 'open', from: 'x' }));
  expect(stage.engine.calls()).toHaveLength(100);
  await stage.simulation.run(32_000 + 5000);
  expect(stage.engine.calls()).toHaveLength(0);
  expect(stage.engine.counts()).toMatchObject({ sessions: 0, dialogs: 0, endpoints: 0, timers: 0 });
  expect(kept()).toBe(0);
});

it('answers 406 to a caller who takes no session description', async () => {
  const { tell } = await pbx();
  const asked = request('INVITE', { to: 'open' });
  asked.headers.set('Accept', 'text/nobodyKnowsThis');
  expect((await tell(asked)).at(-1)?.status).toBe(406);
});
