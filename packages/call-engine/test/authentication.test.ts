import {
  answerChallenge,
  type DigestAlgorithm,
  SipRequest,
  type SipResponse,
  uri,
} from '@strowger/sip-message';
import { TransactionLayer } from '@strowger/transaction-core';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuthenticationFailure } from '../src/authenticator.ts';
import type { CallEngineOptions } from '../src/call-engine-options.ts';
import { setStage } from './stage.ts';

const NONCE_LIFETIME_MS = 60_000;
const nobody = { onRequest() {}, onAck() {}, onStrayResponse() {} };

/** How a peer proves, or fails to prove, who it is. */
interface Proof {
  readonly challenge: SipResponse;
  readonly username: string;
  readonly password?: string;
  readonly nc?: number;
  /** What the digest is made for; default: the Request-URI. */
  readonly digestUri?: string;
  /** Credentials of another scheme, before the digest. */
  readonly before?: string;
}

/** A PBX with alice and bob, and a peer that writes its requests by hand. */
function setPeer(options: Partial<CallEngineOptions> = {}) {
  const stage = setStage({}, { digest: { nonceLifetimeMs: NONCE_LIFETIME_MS }, ...options });
  const host = stage.simulation.network.host('peer');
  const layer = new TransactionLayer({ runtime: host.runtime, sender: host, user: nobody });
  host.receive = (inbound) => layer.receive(inbound);
  const failures: AuthenticationFailure[] = [];
  stage.engine.on('authenticationFailed', (failure) => failures.push(failure));
  let sent = 0;

  async function send(
    method: string,
    { from = 'alice', to = from, target = 'sip:pbx', proof }: Asking = {},
  ) {
    const request = new SipRequest({
      method,
      uri: uri(target),
      headers: [
        ['Max-Forwards', '70'],
        ['From', `<sip:${from}@pbx>;tag=t`],
        ['To', `<sip:${to}@pbx>`],
        ['Call-ID', `call-${++sent}`],
        ['CSeq', `1 ${method}`],
        ['Contact', `<sip:${from}@${host.address}>`],
      ],
    });
    if (proof !== undefined) addProof(request, proof);
    let final: SipResponse | undefined;
    layer.request(request, {
      onResponse: (response) => (final = response),
      onTimeout() {},
      onTransportError() {},
    });
    await stage.simulation.run(600);
    if (final === undefined) throw new Error('no answer came');
    return final;
  }
  return { stage, send, failures };
}

interface Asking {
  readonly from?: string;
  readonly to?: string;
  readonly target?: string;
  readonly proof?: Proof;
}

function addProof(
  request: SipRequest,
  { challenge, username, password = `pw-${username}`, nc = 1, digestUri, before }: Proof,
) {
  const isProxy = challenge.status === 407;
  const [asked] = challenge.headers.get(isProxy ? 'proxy-authenticate' : 'www-authenticate') ?? [];
  if (asked === undefined) throw new Error('there is no challenge');
  const answer = answerChallenge(asked, {
    username,
    password,
    method: request.method,
    uri: digestUri ?? request.uri,
    cnonce: 'cnonce',
    nonceCount: nc,
  });
  if (!answer.ok) throw new Error(answer.refusal.message);
  const name = isProxy ? 'Proxy-Authorization' : 'Authorization';
  request.headers.set(name, answer.value);
  if (before !== undefined) request.headers.prepend(name, before);
}

const asked = (response: SipResponse) => response.headers.get('www-authenticate')?.[0];

let on: ReturnType<typeof setPeer>;
beforeEach(async () => {
  on = setPeer();
  await on.stage.addUser('alice');
  await on.stage.addUser('bob');
});

describe('who may register', () => {
  it('TS-21 is who has the password', async () => {
    const challenge = await on.send('REGISTER');
    expect([challenge.status, String(asked(challenge))]).toEqual([
      401,
      expect.stringMatching(/^Digest realm="pbx".*algorithm=MD5/),
    ]);
    const proof = { challenge, username: 'alice' };
    const answer = await on.send('REGISTER', { proof });
    expect(answer.status).toBe(200);
    // and who is registered can see that we know it, too (RFC 7616 §3.5)
    expect(answer.headers.raw('Authentication-Info')[0]).toMatch(
      /^qop=auth, rspauth="[0-9a-f]{32}", cnonce="cnonce", nc=00000001$/,
    );
    expect((await on.stage.stores.location.read('sip:alice@pbx')).bindings).toHaveLength(1);
    await on.stage.strike();
  });

  it('is not told whether a user exists', async () => {
    const answers = [];
    for (const from of ['alice', 'nobody']) {
      const challenge = await on.send('REGISTER', { from });
      const proof = { challenge, username: from, password: 'wrong' };
      const refused = await on.send('REGISTER', { from, proof });
      answers.push([challenge, refused].map((answer) => [answer.status, shape(answer)]));
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(on.failures.map(({ problem, username }) => [problem, username])).toEqual([
      ['wrong', 'alice'],
      ['wrong', 'nobody'],
    ]);
    await on.stage.strike();
  });

  it('is challenged anew with stale=true when the nonce is old', async () => {
    const challenge = await on.send('REGISTER');
    await on.stage.simulation.run(NONCE_LIFETIME_MS + 1);
    const stale = await on.send('REGISTER', { proof: { challenge, username: 'alice' } });
    expect([stale.status, asked(stale)?.stale]).toEqual([401, true]);
    const proof = { challenge: stale, username: 'alice' };
    expect((await on.send('REGISTER', { proof })).status).toBe(200);
    await on.stage.strike();
  });

  it('may use a nonce count once', async () => {
    const challenge = await on.send('REGISTER');
    const proof = { challenge, username: 'alice' };
    const statuses = [];
    for (const nc of [1, 1, 2]) {
      statuses.push((await on.send('REGISTER', { proof: { ...proof, nc } })).status);
    }
    expect(statuses).toEqual([200, 401, 200]);
    expect(on.failures.map(({ problem }) => problem)).toEqual(['replayed']);
    await on.stage.strike();
  });

  it('may leave the user out of the URI of the digest, as sipp does, but not name another', async () => {
    const target = 'sip:bob@pbx';
    const statuses = [];
    for (const digestUri of ['sip:pbx', 'sip:bob@pbx', 'sip:eve@pbx', 'sip:elsewhere']) {
      const challenge = await on.send('OPTIONS', { target });
      const proof = { challenge, username: 'alice', digestUri };
      statuses.push((await on.send('OPTIONS', { target, proof })).status);
    }
    expect(statuses).toEqual([200, 200, 407, 407]);
    await on.stage.strike();
  });

  it('may not register somebody else', async () => {
    const challenge = await on.send('REGISTER', { from: 'alice', to: 'bob' });
    const proof = { challenge, username: 'alice' };
    expect((await on.send('REGISTER', { from: 'alice', to: 'bob', proof })).status).toBe(403);
    expect(await on.stage.stores.location.count()).toBe(0);
    await on.stage.strike();
  });

  it('may not register in a domain that is not ours', async () => {
    on.stage.simulation.network.name('elsewhere', 'pbx');
    expect((await on.send('REGISTER', { target: 'sip:elsewhere' })).status).toBe(404);
    await on.stage.strike();
  });

  it('is shut out for a while after too many wrong passwords', async () => {
    const peer = setPeer({ digest: { failures: { failures: 3 } } });
    await peer.stage.addUser('alice');
    const challenge = await peer.send('REGISTER');
    const statuses = [];
    for (let nc = 1; nc <= 5; nc++) {
      const proof = { challenge, username: 'alice', password: 'guess', nc };
      statuses.push((await peer.send('REGISTER', { proof })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 403, 403]);
    await peer.stage.simulation.run(60_000);
    const again = await peer.send('REGISTER');
    const proof = { challenge: again, username: 'alice' };
    expect((await peer.send('REGISTER', { proof })).status).toBe(200);
    await peer.stage.strike();
  });

  it('does not escape that by naming somebody else in another scheme', async () => {
    const peer = setPeer({ digest: { failures: { failures: 3 } } });
    await peer.stage.addUser('alice');
    const challenge = await peer.send('REGISTER');
    const statuses = [];
    for (let nc = 1; nc <= 5; nc++) {
      const before = `Other realm="pbx", username="name-${nc}"`;
      const proof = { challenge, username: 'alice', password: 'guess', nc, before };
      statuses.push((await peer.send('REGISTER', { proof })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 403, 403]);
    await peer.stage.strike();
  });
});

describe('what is offered', () => {
  it('is a setting of the listener and of the user; nothing weaker is taken', async () => {
    const listeners: DigestAlgorithm[] = ['SHA-256', 'MD5'];
    const peer = setPeer({ digest: { algorithmsFor: () => listeners } });
    await peer.stage.addUser('alice');
    const bob = { realm: 'pbx', username: 'bob', ha1: { MD5: 'x', 'SHA-256': 'y' } };
    await peer.stage.stores.credentials.put({ ...bob, algorithms: ['SHA-256'] });
    const offered = async (from: string) => {
      const answer = await peer.send('REGISTER', { from });
      return answer.headers.get('www-authenticate')?.map(({ algorithm }) => algorithm);
    };
    expect([await offered('alice'), await offered('bob')]).toEqual([listeners, ['SHA-256']]);
    await peer.stage.strike();
  });
});

describe('other requests', () => {
  it('of users are challenged with 407 (RFC 3261 §22.3)', async () => {
    for (const method of ['MESSAGE', 'SUBSCRIBE', 'FOO']) {
      expect((await on.send(method, { target: 'sip:bob@pbx' })).status).toBe(407);
    }
    await on.stage.strike();
  });

  it('that nothing is done with are refused with what is', async () => {
    const statuses = [];
    for (const method of ['PUBLISH', 'SUBSCRIBE', 'FOO']) {
      const challenge = await on.send(method, { target: 'sip:bob@pbx' });
      const proof = { challenge, username: 'alice' };
      const refused = await on.send(method, { target: 'sip:bob@pbx', proof });
      statuses.push([refused.status, refused.headers.get('allow')?.includes('INVITE')]);
    }
    expect(statuses).toEqual([
      [405, true],
      [405, true],
      [501, true],
    ]);
    await on.stage.strike();
  });

  it('ask with OPTIONS whether the domain lives, whoever asks (RFC 3261 §11)', async () => {
    const answer = await on.send('OPTIONS');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('allow')).toContain('INVITE');
    expect(answer.headers.has('Accept')).toBe(true);
    expect(answer.headers.has('Supported')).toBe(true);
    expect((await on.send('OPTIONS', { target: 'sip:bob@pbx' })).status).toBe(407);
    await on.stage.strike();
  });
});

/** The names of an answer's header fields, and its body: what it looks like from outside. */
function shape(answer: SipResponse): string {
  const text = String(asked(answer)).replaceAll(/nonce="[^"]*"/g, '');
  return [...answer.headers.names(), text, answer.text()].join('|');
}
