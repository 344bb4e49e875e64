import { createHash } from 'node:crypto';
import { seededRandom, VirtualClock } from '@strowger/runtime';
import {
  computeHa1,
  createResponse,
  type DigestAlgorithm,
  SipRequest,
  uri,
} from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { DigestClient, DigestServer, type DigestServerOptions } from '../src/index.ts';

const WHO = { username: 'alice', realm: 'pbx.example', password: 'secret' };
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

function message(body = 'hello'): SipRequest {
  return new SipRequest({
    method: 'MESSAGE',
    uri: uri('sip:pbx.example'),
    headers: [
      ['Via', 'SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1'],
      ['From', '<sip:alice@pbx.example>;tag=1'],
      ['To', '<sip:bob@pbx.example>'],
      ['Call-ID', 'c1'],
      ['CSeq', '7 MESSAGE'],
    ],
    body,
  });
}

/** A client that has answered a challenge, and the verdict of the server. */
async function proved(
  kind: 401 | 407 = 401,
  options: Partial<DigestServerOptions> & { algorithm?: DigestAlgorithm } = {},
) {
  const { algorithm = 'MD5', ...rest } = options;
  const clock = new VirtualClock();
  const server = new DigestServer({
    runtime: { clock, random: seededRandom(1) },
    realm: WHO.realm,
    algorithms: [algorithm],
    ...rest,
  });
  const client = new DigestClient({
    runtime: { random: seededRandom(2) },
    credentials: () => ({ username: WHO.username, password: WHO.password }),
  });
  const ha1 = { [algorithm]: computeHa1(algorithm, WHO) };
  const verify = (request: SipRequest) => server.verify(request, kind, () => ha1);
  const request = client.authorize(message(), server.challenge(kind, message()));
  if (request === undefined) throw new Error('the client gave up');
  /** The answer to a request that is right, as the server confirms it. */
  const confirmed = async (sent: SipRequest, body = 'welcome') => {
    const verdict = await verify(sent);
    if (verdict.outcome !== 'ok') throw new Error(verdict.outcome);
    const response = createResponse(sent, 200, { body });
    server.confirm(verdict, response, '10.0.0.1');
    return response;
  };
  return { clock, server, client, request, verify, confirmed };
}

describe('Authentication-Info (RFC 7616 §3.5, RFC 7615)', () => {
  it.each<[DigestAlgorithm, 'auth' | 'auth-int', 401 | 407]>([
    ['MD5', 'auth', 401],
    ['MD5', 'auth-int', 407],
    ['SHA-256', 'auth', 407],
    ['SHA-512-256', 'auth-int', 401],
    ['MD5-sess', 'auth', 401],
  ])('proves to the client that the server knows the password: %s, %s, %d', async (...how) => {
    const [algorithm, qop, kind] = how;
    const { client, request, confirmed } = await proved(kind, { algorithm, qop: [qop] });
    const response = await confirmed(request);
    const name = kind === 401 ? 'authentication-info' : 'proxy-authentication-info';
    expect(response.headers.has(name)).toBe(true);
    expect(client.accept(request, response)).toBe('proved');
  });

  it('is what the RFC computes', async () => {
    const { request, confirmed } = await proved();
    const info = (await confirmed(request)).headers.get('authentication-info');
    const used = request.headers.get('authorization')?.[0];
    const key = `${md5('alice:pbx.example:secret')}:${used?.nonce}:00000001:${used?.cnonce}:auth`;
    expect(info?.get('rspauth')).toBe(md5(`${key}:${md5(':sip:pbx.example')}`));
    expect([info?.get('qop'), info?.get('nc'), info?.get('cnonce')]).toEqual([
      'auth',
      '00000001',
      used?.cnonce,
    ]);
    expect(info?.has('nextnonce')).toBe(false);
  });

  it('that is wrong is forged: nothing of it is taken, and the realm has to ask again', async () => {
    const { client, request, confirmed } = await proved(401, { qop: ['auth-int'] });
    const response = await confirmed(request, 'welcome');
    const changed = createResponse(request, 200, { body: 'you owe me money' });
    const said = response.headers.raw('Authentication-Info')[0] ?? '';
    changed.headers.set('Authentication-Info', `${said}, nextnonce="mine"`);
    expect(client.prepare(message()).headers.has('authorization')).toBe(true);
    expect(client.accept(request, changed)).toBe('forged');
    expect(client.prepare(message()).headers.has('authorization')).toBe(false);
  });

  it('that is absent says nothing', async () => {
    const { client, request } = await proved();
    expect(client.accept(request, createResponse(request, 200))).toBe('unproved');
    expect(client.prepare(message()).headers.has('authorization')).toBe(true);
  });

  it('gives the next nonce in time, so that nobody is challenged for an old one', async () => {
    const { clock, client, request, verify, confirmed } = await proved(401, {
      nonceLifetimeMs: 100_000,
    });
    client.accept(request, await confirmed(request));
    let last = request;
    for (let at = 0; at < 10; at++) {
      clock.advance(60_000);
      last = client.prepare(message());
      client.accept(last, await confirmed(last));
    }
    clock.advance(40_000);
    expect((await verify(client.prepare(message()))).outcome).toBe('ok');
    expect(last.headers.get('authorization')?.[0]?.nc).toBe(1);
  });

  it('is not for a client of RFC 2069, which has no qop', async () => {
    const { server, verify } = await proved();
    const nonce = server.challenge(401, message()).headers.get('www-authenticate')?.[0]?.nonce;
    const old = message();
    const digest = md5(
      `${md5('alice:pbx.example:secret')}:${nonce}:${md5('MESSAGE:sip:pbx.example')}`,
    );
    old.headers.set(
      'Authorization',
      `Digest username="alice", realm="pbx.example", nonce="${nonce}", uri="sip:pbx.example", response="${digest}"`,
    );
    const verdict = await verify(old);
    if (verdict.outcome !== 'ok') throw new Error(verdict.outcome);
    const response = createResponse(old, 200);
    server.confirm(verdict, response);
    expect(response.headers.has('authentication-info')).toBe(false);
  });
});
