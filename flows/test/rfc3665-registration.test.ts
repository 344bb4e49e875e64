import type { SipResponse } from '@strowger/sip-message';
import { describe, expect } from 'vitest';
import { exchange } from '../src/exchange.ts';
import { flow } from '../src/flow.ts';
import type { Phone } from '../src/phone.ts';
import type { Stage } from '../src/stage.ts';

const REGISTRAR = 'biloxi.example.com';

/** Bob's phone and his registrar; bob's REGISTERs are one series (RFC 3261 §10.2). */
async function setOut(on: Stage, password = 'pw-bob') {
  const server = await exchange(on, {
    name: REGISTRAR,
    users: ['bob'],
    digest: { failures: { failures: 3 } },
  });
  const bob = on.phone('bob', {
    address: `sip:bob@${REGISTRAR}`,
    credentials: () => ({ username: 'bob', password }),
  });
  return { server, bob, register: series(on, bob) };
}

function series(on: Stage, bob: Phone) {
  let cseq = 1;
  return async (options: { headers?: [string, string][]; contactParams?: string }) => {
    const answer = bob.ask('REGISTER', `sip:${REGISTRAR}`, { ...options, callId: 'series', cseq });
    await on.pause();
    cseq = on.request(`bob -> ${REGISTRAR} REGISTER`).cseq.number + 1;
    return answer;
  };
}

const contacts = (response: SipResponse): string[] => {
  const found = response.headers.get('contact');
  return Array.isArray(found) ? found.map(String) : [];
};

describe('RFC 3665 §2: registration', () => {
  flow('RFC 3665 §2.1', 'Successful New Registration', async (on) => {
    const { server, register } = await setOut(on);
    const answer = await register({ contactParams: ';expires=7200' });
    on.shows(`
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 401 REGISTER
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 200 REGISTER
    `);
    const [challenge] =
      on.response(`${REGISTRAR} -> bob 401 REGISTER`).headers.get('www-authenticate') ?? [];
    expect([challenge?.realm, challenge?.qop, challenge?.nonce]).toEqual([
      REGISTRAR,
      ['auth'],
      expect.stringMatching(/.{16,}/u),
    ]);
    const [first, second] = on.wire.all(`bob -> ${REGISTRAR} REGISTER`);
    expect(first?.headers.has('authorization')).toBe(false);
    expect(second?.headers.get('authorization')?.[0]?.nonce).toBe(challenge?.nonce);
    expect([first?.callId, first?.cseq.number]).toEqual([second?.callId, 1]);
    expect(second?.cseq.number).toBe(2);
    expect(contacts(answer)).toEqual([
      expect.stringMatching(/^<sip:bob@10\.0\.0\.2.*>;expires=7200$/u),
    ]);
    await server.close();
  });

  flow('RFC 3665 §2.2', 'Update of Contact List', async (on) => {
    const { server, register } = await setOut(on);
    await register({ contactParams: ';expires=3600' });
    on.wire.take();
    const answer = await register({
      headers: [['Contact', '<sip:bob@voicemail.example.com>;q=0.1;expires=3600']],
    });
    // the nonce of before still holds: no challenge
    on.shows(`
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 200 REGISTER
    `);
    expect(contacts(answer)).toEqual([
      expect.stringMatching(/^<sip:bob@10\.0\.0\.2.*>;expires=3600$/u),
      '<sip:bob@voicemail.example.com>;q=0.1;expires=3600',
    ]);
    await server.close();
  });

  flow('RFC 3665 §2.3', 'Request for Current Contact List', async (on) => {
    const { server, register } = await setOut(on);
    await register({ contactParams: ';expires=3600' });
    on.wire.take();
    const asked = await register({});
    await on.pause(10_000);
    const again = await register({});
    on.shows(`
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 200 REGISTER
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 200 REGISTER
    `);
    expect(on.request(`bob -> ${REGISTRAR} REGISTER`).headers.has('contact')).toBe(false);
    // it lists, and changes nothing: the time that is left runs on
    expect(contacts(asked)).toEqual([expect.stringMatching(/>;expires=3600$|>;expires=3599$/u)]);
    expect(contacts(again)).toEqual([expect.stringMatching(/>;expires=35(90|89)$/u)]);
    await server.close();
  });

  flow('RFC 3665 §2.4', 'Cancellation of Registration', async (on) => {
    const { server, register } = await setOut(on);
    await register({ contactParams: ';expires=3600' });
    on.wire.take();
    const answer = await register({
      headers: [
        ['Contact', '*'],
        ['Expires', '0'],
      ],
    });
    on.shows(`
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 200 REGISTER
    `);
    expect([answer.status, answer.headers.has('contact')]).toEqual([200, false]);
    expect(contacts(await register({}))).toEqual([]);
    on.wire.take();
    await server.close();
  });

  flow('RFC 3665 §2.5', 'Unsuccessful Registration', async (on) => {
    const { server, register } = await setOut(on, 'guessed');
    const refused = await register({ contactParams: ';expires=3600' });
    on.shows(`
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 401 REGISTER
      bob                -> biloxi.example.com  REGISTER
      biloxi.example.com -> bob                 401 REGISTER
    `);
    const [challenge] = refused.headers.get('www-authenticate') ?? [];
    expect([refused.status, challenge?.stale ?? false]).toEqual([401, false]);
    expect(await server.bindings()).toBe(0);
    // each wrong password counts; after three bob is shut out for a while
    const statuses = [];
    for (let more = 0; more < 3; more++)
      statuses.push((await register({ contactParams: '' })).status);
    expect(statuses.at(-1)).toBe(403);
    on.wire.take();
    await server.close();
  });
});
