import { seededRandom, VirtualClock } from '@strowger/runtime';
import {
  Challenge,
  computeHa1,
  createResponse,
  type DigestAlgorithm,
  SipRequest,
  type SipResponse,
  uri,
} from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { DigestClient, DigestServer, type DigestServerOptions } from '../src/index.ts';

const REALM = 'pbx.example';
const ALGORITHMS: DigestAlgorithm[] = ['MD5', 'SHA-256', 'SHA-512-256'];

function register(body = ''): SipRequest {
  return new SipRequest({
    method: 'REGISTER',
    uri: uri('sip:pbx.example'),
    headers: [
      ['Via', 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1'],
      ['From', '<sip:alice@pbx.example>;tag=1'],
      ['To', '<sip:alice@pbx.example>'],
      ['Call-ID', 'c1'],
      ['CSeq', '7 REGISTER'],
    ],
    body,
  });
}

function pair(options: Partial<DigestServerOptions> = {}, password = 'secret') {
  const clock = new VirtualClock();
  const server = new DigestServer({
    runtime: { clock, random: seededRandom(1) },
    realm: REALM,
    ...options,
  });
  const client = clientWith(password);
  const all = [...ALGORITHMS, 'MD5-sess' as const].map((algorithm) => [
    algorithm,
    computeHa1(algorithm, { username: 'alice', realm: REALM, password: 'secret' }),
  ]);
  const lookup = async (name: string) => (name === 'alice' ? Object.fromEntries(all) : undefined);
  const verify = (request: SipRequest) => server.verify(request, 401, lookup);
  return { clock, server, client, verify };
}

function clientWith(password: string, username = 'alice'): DigestClient {
  return new DigestClient({
    runtime: { random: seededRandom(2) },
    credentials: () => ({ username, password }),
  });
}

function present(request: SipRequest | undefined): SipRequest {
  if (request === undefined) throw new Error('the client gave up');
  return request;
}

function challengeOf(request: SipRequest, ...challenges: Challenge[]): SipResponse {
  return createResponse(request, 401, {
    headers: challenges.map((challenge) => ['WWW-Authenticate', challenge]),
  });
}

describe('digest client and server against each other', () => {
  it.each([...ALGORITHMS, 'MD5-sess'] as DigestAlgorithm[])('agree on %s', async (algorithm) => {
    const { server, client, verify } = pair({ algorithms: [algorithm] });
    const answered = present(client.authorize(register(), server.challenge(401, register())));
    expect(answered.cseq.number).toBe(8);
    expect(answered.headers.has('via')).toBe(false);
    expect(answered.callId).toBe('c1');
    expect(await verify(answered)).toEqual({ outcome: 'ok', username: 'alice' });
  });

  it('protect the body with auth-int', async () => {
    const { server, client, verify } = pair({ qop: ['auth-int'] });
    const answered = present(client.authorize(register('hi'), server.challenge(401, register())));
    const changed = answered.clone();
    changed.body = new TextEncoder().encode('ho');
    expect(await verify(changed)).toEqual({ outcome: 'wrong' });
    expect(await verify(answered)).toEqual({ outcome: 'ok', username: 'alice' });
  });

  it('answer 407 with Proxy-Authorization', async () => {
    const { server, client } = pair();
    const answered = present(client.authorize(register(), server.challenge(407, register())));
    expect(answered.headers.get('proxy-authorization')).toHaveLength(1);
    expect(await server.verify(answered, 401, () => undefined)).toEqual({ outcome: 'missing' });
  });

  it('use a known nonce again, counting (RFC 7616 §3.4)', async () => {
    const { server, client, verify } = pair();
    client.authorize(register(), server.challenge(401, register()));
    for (const count of [2, 3]) {
      const prepared = client.prepare(register());
      expect(prepared.headers.get('authorization')?.[0]?.nc).toBe(count);
      expect(await verify(prepared)).toEqual({ outcome: 'ok', username: 'alice' });
    }
  });
});

describe('Authentication-Info (RFC 7616 §3.5)', () => {
  const info = (request: SipRequest, name: string, value: string): SipResponse =>
    createResponse(request, 200, { headers: [[name, value]] });

  it('gives the nonce of the next request, which counts from one', async () => {
    const { client, server, verify } = pair();
    const first = present(client.authorize(register(), server.challenge(401, register())));
    expect((await verify(first)).outcome).toBe('ok');
    const next = server.challenge(401, register()).headers.get('www-authenticate')?.[0]?.nonce;
    client.accept(first, info(first, 'Authentication-Info', `nextnonce="${next}", qop=auth`));
    const second = client.prepare(register());
    const used = second.headers.get('authorization')?.[0];
    expect([used?.nonce, used?.nc]).toEqual([next, 1]);
    expect((await verify(second)).outcome).toBe('ok');
  });

  it('changes nothing where it is not the answer to our credentials of today', () => {
    const { client, server } = pair();
    const first = present(client.authorize(register(), server.challenge(401, register())));
    const before = first.headers.get('authorization')?.[0]?.nonce;
    const nonceNow = () => client.prepare(register()).headers.get('authorization')?.[0]?.nonce;
    client.accept(register(), info(first, 'Authentication-Info', 'nextnonce="x"'));
    client.accept(first, info(first, 'Proxy-Authentication-Info', 'nextnonce="x"'));
    client.accept(first, info(first, 'Authentication-Info', 'nextnonce=""'));
    expect(nonceNow()).toBe(before);
    client.accept(first, info(first, 'Authentication-Info', 'nextnonce="y"'));
    client.accept(first, info(first, 'Authentication-Info', 'nextnonce="late"'));
    expect(nonceNow()).toBe('y');
  });
});

describe('digest server', () => {
  it('offers MD5 alone by default, and more in headers of their own (RFC 8760 §2.3)', () => {
    const algorithms = (response: SipResponse) =>
      response.headers.get('www-authenticate')?.map((one) => one.algorithm);
    expect(algorithms(pair().server.challenge(401, register()))).toEqual(['MD5']);
    const strong = pair({ algorithms: ['SHA-256', 'MD5'] }).server;
    const response = strong.challenge(401, register());
    expect(algorithms(response)).toEqual(['SHA-256', 'MD5']);
    expect(response.headers.raw('www-authenticate')).toHaveLength(2);
  });

  it('tells a wrong password and an unknown user alike', async () => {
    for (const client of [clientWith('wrong'), clientWith('secret', 'mallory')]) {
      const { server, verify } = pair();
      const answered = present(client.authorize(register(), server.challenge(401, register())));
      expect(await verify(answered)).toEqual({ outcome: 'wrong' });
    }
  });

  it('refuses a nonce count that was used, in whatever order they come (RFC 7616 §3.4, §5.4)', async () => {
    const { server, client, verify } = pair();
    const first = present(client.authorize(register(), server.challenge(401, register())));
    const second = client.prepare(register());
    const third = client.prepare(register());
    const outcomes = [];
    for (const request of [third, first, second, first, second, third]) {
      outcomes.push((await verify(request)).outcome);
    }
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'replayed', 'replayed', 'replayed']);
  });

  it('takes a nonce without qop once, whatever count somebody writes beside it', async () => {
    const { server, verify } = pair();
    const challenge = server.challenge(401, register()).headers.get('www-authenticate')?.[0];
    const old = challengeOf(register(), new Challenge({ realm: REALM, nonce: nonceOf(challenge) }));
    const answered = present(clientWith('secret').authorize(register(), old));
    expect(await verify(answered)).toMatchObject({ outcome: 'ok' });
    const [line = ''] = answered.headers.raw('Authorization');
    for (const count of ['fffffffe', '00000002', 'ffffffff']) {
      answered.headers.set('Authorization', `${line}, nc=${count}`);
      expect(await verify(answered)).toEqual({ outcome: 'replayed' });
    }
  });

  it('calls a nonce stale that is too old or from before a restart, if the digest is right (RFC 7616 §3.3)', async () => {
    const { clock, server, client, verify } = pair({ nonceLifetimeMs: 1000 });
    const answered = present(client.authorize(register(), server.challenge(401, register())));
    expect(await verify(answered)).toMatchObject({ outcome: 'ok' });
    clock.advance(1001);
    expect(await verify(client.prepare(register()))).toEqual({ outcome: 'stale' });
    expect(server.counts()).toEqual({ nonces: 0 });
    const foreign = challengeOf(register(), new Challenge({ realm: REALM, nonce: '1.a.b' }));
    const forged = present(clientWith('secret').authorize(register(), foreign));
    expect(await verify(forged)).toEqual({ outcome: 'stale' });
    const wrong = present(clientWith('wrong').authorize(register(), foreign));
    expect(await verify(wrong)).toEqual({ outcome: 'wrong' });
  });

  it('keeps a bound on the nonces; a forgotten one is never good again', async () => {
    const { clock, server, verify } = pair({ maxNonces: 2 });
    const requests: SipRequest[] = [];
    for (let number = 0; number < 5; number++) {
      clock.advance(1);
      const answered = clientWith('secret').authorize(
        register(),
        server.challenge(401, register()),
      );
      requests.push(present(answered));
      await verify(present(answered));
    }
    expect(server.counts()).toEqual({ nonces: 2 });
    const outcomes = [];
    for (const request of requests) outcomes.push((await verify(request)).outcome);
    expect(outcomes).toEqual(['stale', 'stale', 'stale', 'replayed', 'replayed']);
  });

  it('refuses credentials for another URI or method, or of an algorithm not offered', async () => {
    const { server, client, verify } = pair();
    const answered = present(client.authorize(register(), server.challenge(401, register())));
    const moved = answered.clone();
    moved.uri = uri('sip:other.example');
    expect(await verify(moved)).toEqual({ outcome: 'malformed' });
    const changed = answered.clone();
    changed.method = 'INVITE';
    expect(await verify(changed)).toEqual({ outcome: 'wrong' });
    const strong = pair({ algorithms: ['SHA-256'] });
    expect(await strong.verify(answered)).toEqual({ outcome: 'malformed' });
  });

  it('finds nothing in a request without credentials, and says so of broken ones', async () => {
    const { verify } = pair();
    expect(await verify(register())).toEqual({ outcome: 'missing' });
    const broken = register();
    broken.headers.set('Authorization', 'Digest username=');
    expect(await verify(broken)).toEqual({ outcome: 'malformed' });
  });
});

function nonceOf(challenge: Challenge | undefined): string {
  return challenge?.nonce ?? '';
}

describe('digest client', () => {
  it('answers several proxies and the server at once, each its own algorithm and header (RFC 3261 §22.3)', async () => {
    const offer = (kind: 401 | 407, realm: string, algorithms: DigestAlgorithm[]) => {
      const runtime = { clock: new VirtualClock(), random: seededRandom(3) };
      const server = new DigestServer({ runtime, realm, algorithms });
      const ha1 = algorithms.map((algorithm) => [
        algorithm,
        computeHa1(algorithm, { username: 'alice', realm, password: 'secret' }),
      ]);
      const verify = (request: SipRequest) =>
        server.verify(request, kind, () => Object.fromEntries(ha1));
      return { response: server.challenge(kind, register()), verify };
    };
    const all = [
      offer(401, 'home', ['SHA-256', 'MD5']),
      offer(407, 'edge', ['MD5']),
      offer(407, 'core', ['SHA-512-256', 'MD5']),
    ];
    const [first, ...others] = all.map(({ response }) => response);
    if (first === undefined) throw new Error('no challenge');
    for (const { headers } of others) {
      for (const value of headers.raw('Proxy-Authenticate')) {
        first.headers.append('Proxy-Authenticate', value); // as a forking proxy gathers them
      }
    }
    const next = present(clientWith('secret').authorize(register(), first));
    const proxies = next.headers.get('proxy-authorization') ?? [];
    expect(proxies.map(({ realm, algorithm }) => `${realm} ${algorithm}`)).toEqual([
      'edge MD5',
      'core SHA-512-256',
    ]);
    for (const { verify } of all) expect((await verify(next)).outcome).toBe('ok');
  });

  const offer = (algorithm: string, nonce = algorithm, stale?: boolean): Challenge =>
    new Challenge({ realm: REALM, nonce, algorithm, qop: ['auth'], stale });

  it('picks the strongest algorithm that it knows, wherever it stands (RFC 8760 §2.4)', () => {
    const response = challengeOf(register(), offer('MD5'), offer('SHA-256'), offer('SHA-9000'));
    const answered = present(clientWith('secret').authorize(register(), response));
    expect(answered.headers.get('authorization')?.map((one) => one.algorithm)).toEqual(['SHA-256']);
  });

  it('refuses less than the realm offered before', () => {
    const client = clientWith('secret');
    present(client.authorize(register(), challengeOf(register(), offer('SHA-256'))));
    expect(client.authorize(register(), challengeOf(register(), offer('MD5')))).toBeUndefined();
  });

  it('gives up when its credentials are refused, whether or not the nonce is new', () => {
    for (const nonce of ['first', 'second']) {
      const client = clientWith('secret');
      const first = challengeOf(register(), offer('MD5', 'first'));
      const answered = present(client.authorize(register(), first));
      const again = challengeOf(answered.clone(), offer('MD5', nonce));
      expect(client.authorize(answered, again)).toBeUndefined();
    }
  });

  it('tries again with a new nonce after one that it used before it was asked', () => {
    const client = clientWith('secret');
    present(client.authorize(register(), challengeOf(register(), offer('MD5', 'first'))));
    const prepared = client.prepare(register());
    const refused = challengeOf(register(), offer('MD5', 'second'));
    expect(client.authorize(prepared, refused)).toBeDefined();
  });

  it('does not go on for ever with a server to which every nonce is stale', () => {
    const client = clientWith('secret');
    let request: SipRequest | undefined = register();
    let rounds = 0;
    while (request !== undefined && rounds < 100) {
      const challenge = challengeOf(register(), offer('MD5', `nonce ${rounds++}`, rounds > 1));
      request = client.authorize(request, challenge);
    }
    expect(rounds).toBe(5);
  });

  it('answers nobody without credentials, unknown schemes, or no challenge at all', () => {
    const nobody = new DigestClient({
      runtime: { random: seededRandom(1) },
      credentials: () => undefined,
    });
    const response = challengeOf(register(), offer('MD5'));
    expect(nobody.authorize(register(), response)).toBeUndefined();
    expect(clientWith('x').authorize(register(), createResponse(register(), 401))).toBeUndefined();
    const basic = createResponse(register(), 401, {
      headers: [['WWW-Authenticate', 'Basic realm="pbx.example"']],
    });
    expect(clientWith('x').authorize(register(), basic)).toBeUndefined();
  });

  it('keeps the credentials for other realms on the way', () => {
    const client = clientWith('secret');
    const first = new Challenge({ realm: 'one', nonce: 'a', qop: ['auth'] });
    const second = new Challenge({ realm: 'two', nonce: 'b', qop: ['auth'] });
    const answered = present(client.authorize(register(), challengeOf(register(), first)));
    const both = present(client.authorize(answered, challengeOf(register(), second)));
    expect(both.headers.get('authorization')?.map((one) => one.realm)).toEqual(['one', 'two']);
  });

  it('counts on for the realms that have let the request pass', async () => {
    const { server, client, verify } = pair();
    const other = new DigestServer({
      runtime: { clock: new VirtualClock(), random: seededRandom(3) },
      realm: 'elsewhere',
    });
    const request = register();
    const first = present(client.authorize(request, server.challenge(401, request)));
    expect((await verify(first)).outcome).toBe('ok');
    const second = present(client.authorize(first, other.challenge(401, first)));
    expect((await verify(second)).outcome).toBe('ok');
    expect(second.headers.get('authorization')?.map(({ nc }) => nc)).toEqual([2, 1]);
  });

  it('keeps its nonces to the host that gave them', () => {
    const client = clientWith('secret');
    client.authorize(register(), challengeOf(register(), offer('MD5')));
    const elsewhere = register();
    elsewhere.uri = uri('sip:other.example');
    expect(client.prepare(elsewhere)).toBe(elsewhere);
  });

  it('works from HA1 without the password', async () => {
    const { server, verify } = pair();
    const ha1 = computeHa1('MD5', { username: 'alice', realm: REALM, password: 'secret' });
    const client = new DigestClient({
      runtime: { random: seededRandom(3) },
      credentials: () => ({ username: 'alice', ha1: { MD5: ha1 } }),
    });
    const answered = present(client.authorize(register(), server.challenge(401, register())));
    expect(await verify(answered)).toMatchObject({ outcome: 'ok' });
  });
});
