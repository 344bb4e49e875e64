import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  answerChallenge,
  Challenge,
  Credentials,
  computeHa1,
  computeUserHash,
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  Headers,
  verifyCredentials,
} from '../src/index.ts';

interface Vector {
  name: string;
  algorithm: DigestAlgorithm;
  username: string;
  password: string;
  realm: string;
  nonce: string;
  cnonce?: string;
  qop?: string;
  method: string;
  uri: string;
  response: string;
}

// The file holds the published examples of RFC 2617, RFC 2069 and RFC 7616 in this shape.
const VECTORS = JSON.parse(
  readFileSync(new URL('digest-vectors.json', import.meta.url), 'utf8'),
) as Vector[];

/** The suite's own vectors; none where it is absent. */
function digestCases(): { response: string }[] {
  const file = `${process.env['STROWGER_CASES'] ?? 'none'}/digest/index.json`;
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: { response: string }[] }).cases;
}

function answer(challenge: Challenge, over: { ha1?: string; method?: string; body?: string } = {}) {
  const base = { username: 'alice', uri: 'sip:b', cnonce: 'c', nonceCount: 1, method: 'INVITE' };
  const { ha1, ...rest } = over;
  const key = ha1 === undefined ? { password: 'secret' } : { ha1 };
  return answerChallenge(challenge, { ...base, ...rest, ...key });
}

function credentials(...args: Parameters<typeof answer>): Credentials {
  const outcome = answer(...args);
  if (outcome.ok) return outcome.value;
  throw new Error(outcome.refusal.code);
}

function offering(qop: string[]): Challenge {
  return new Challenge({ realm: 'r', nonce: 'n', qop });
}

describe('answerChallenge', () => {
  for (const vector of VECTORS) {
    // RFC 2617 §3.5, RFC 2069 §2.4, RFC 7616 §3.9.1, §3.9.2
    it(`computes the published response of ${vector.name}`, () => {
      const { realm, nonce, algorithm, qop } = vector;
      const offered = qop === undefined ? undefined : [qop];
      const challenge = new Challenge({ realm, nonce, algorithm, qop: offered });
      const outcome = answerChallenge(challenge, {
        ...vector,
        cnonce: vector.cnonce ?? '',
        nonceCount: 1,
      });
      expect(outcome.ok && outcome.value.response).toBe(vector.response);
    });
  }

  it('hashes the name where the server asks for it: RFC 7616 §3.9.2, with erratum 4897', () => {
    const who = { username: 'J\u00e4s\u00f8n Doe', realm: 'api@example.org' };
    const hashed = '793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b';
    expect(computeUserHash('SHA-512-256', who)).toBe(hashed);
    const vector = VECTORS.find(({ algorithm }) => algorithm === 'SHA-512-256');
    if (vector === undefined) throw new Error('no vector');
    const { realm, nonce, algorithm } = vector;
    const challenge = new Challenge({ realm, nonce, algorithm, qop: ['auth'], userhash: true });
    const input = { ...vector, cnonce: vector.cnonce ?? '', nonceCount: 1 };
    const outcome = answerChallenge(challenge, input);
    if (!outcome.ok) throw new Error(outcome.refusal.code);
    expect(outcome.value.username).toBe(hashed);
    expect(outcome.value.userhash).toBe(true);
    expect(outcome.value.response).toBe(vector.response);
  });

  it('refuses a challenge with a NUL, which it could not send back', () => {
    const [challenge] =
      new Headers([['WWW-Authenticate', 'Digest realm="r", nonce="n"']]).get('www-authenticate') ??
      [];
    challenge?.params.addRaw('opaque', '"a\\\0"');
    if (challenge === undefined) throw new Error('no challenge');
    const refused = answer(challenge);
    expect(refused.ok || refused.refusal.code).toBe('BAD_AUTH');
  });

  it('prefers auth to auth-int, and takes auth-int where it stands alone', () => {
    expect(credentials(offering(['auth-int', 'auth'])).qop).toBe('auth');
    expect(credentials(offering(['auth-int'])).qop).toBe('auth-int');
    const refused = answer(offering(['token']));
    expect(refused.ok || refused.refusal.code).toBe('UNKNOWN_QOP');
  });

  it('refuses an algorithm that it does not know', () => {
    const outcome = answer(new Challenge({ realm: 'r', nonce: 'n', algorithm: 'AKAv1-MD5' }));
    expect(outcome.ok || outcome.refusal.code).toBe('UNKNOWN_ALGORITHM');
  });

  it('quotes what has to be quoted and leaves bare what has to be bare', () => {
    const challenge = new Challenge({
      realm: 'a "b"',
      nonce: 'n',
      qop: ['auth'],
      algorithm: 'SHA-256',
    });
    expect(challenge.toString()).toBe(
      'Digest realm="a \\"b\\"", nonce="n", algorithm=SHA-256, qop="auth"',
    );
    const text = credentials(challenge).toString();
    expect(text).toContain('username="alice", realm="a \\"b\\""');
    expect(text).toContain('qop=auth, nc=00000001');
  });
});

describe('verifyCredentials', () => {
  for (const vector of VECTORS) {
    // RFC 2617 §3.5, RFC 2069 §2.4, RFC 7616 §3.9.1, §3.9.2
    it(`accepts the published response of ${vector.name}`, () => {
      const { response, algorithm, method, qop, cnonce } = vector;
      const nc = qop === undefined ? undefined : 1;
      const given = new Credentials({ ...vector, qop, cnonce, nc });
      expect(verifyCredentials(given, { ha1: computeHa1(algorithm, vector), method })).toBe(true);
      const forged = new Credentials({ ...vector, nc, response: response.replace(/.$/, 'x') });
      expect(verifyCredentials(forged, { ha1: computeHa1(algorithm, vector), method })).toBe(false);
    });
  }

  it('has the vectors of the conformance suite, each of them', () => {
    const known = new Set(VECTORS.map(({ response }) => response));
    for (const { response } of digestCases()) expect(known).toContain(response);
  });

  for (const algorithm of DIGEST_ALGORITHMS) {
    for (const qop of [undefined, ['auth'], ['auth-int']]) {
      it(`accepts its own answer and no other: ${algorithm}, qop ${qop}`, () => {
        const challenge = new Challenge({ realm: 'r', nonce: 'n', algorithm, qop });
        const who = { username: 'alice', realm: 'r', password: 'secret' };
        const ha1 = computeHa1(algorithm, who);
        const headers = new Headers([['Authorization', credentials(challenge, { body: 'x' })]]);
        const given = headers.get('authorization')?.[0];
        if (given === undefined) throw new Error('no credentials');
        expect(given.toString()).toBe(headers.raw('authorization')[0]);
        const wrong = computeHa1(algorithm, { ...who, password: 'Secret' });
        const method = 'INVITE';
        expect(verifyCredentials(given, { ha1, method, body: 'x' })).toBe(true);
        expect(verifyCredentials(given, { ha1: wrong, method, body: 'x' })).toBe(false);
        expect(verifyCredentials(given, { ha1, method: 'BYE', body: 'x' })).toBe(false);
        const isCovered = qop?.[0] === 'auth-int';
        expect(verifyCredentials(given, { ha1, method, body: 'y' })).toBe(!isCovered);
      });
    }
  }
});

describe('Authorization', () => {
  it('gives an extended name (RFC 7616 §3.4, RFC 5987)', () => {
    const value =
      "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm=r, nonce=n, uri=u, response=0";
    const given = new Headers([['Authorization', value]]).get('authorization')?.[0];
    expect(given?.username).toBe('Jäsøn Doe');
    expect(given?.toString()).toBe(value);
  });

  it.each([
    ['Digest username="", realm="r", nonce="n", uri="u"'],
    ['Digest'],
    ['Digest username="alice, realm="r"'],
    ['Digest username="a'],
    ['Digest nonce="a", nonce="b"'],
  ])('is malformed, not fatal: %s', (value) => {
    expect(new Headers([['Authorization', value]]).get('authorization')).toBeUndefined();
  });

  it('keeps a scheme that is not Digest', () => {
    const headers = new Headers([['Authorization', 'NoOneKnowsThisScheme opaque-data=here']]);
    expect(headers.get('authorization')?.[0]?.scheme).toBe('NoOneKnowsThisScheme');
    const other = new Headers([['Authorization', 'Basic QWxhZGRpbg==']]);
    expect(other.get('authorization')?.[0]?.toString()).toBe('Basic QWxhZGRpbg==');
  });
});
