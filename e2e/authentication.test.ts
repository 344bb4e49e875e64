import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause, workFolder } from './lab.ts';
import { Pbx } from './pbx.ts';
import { type Answer, type Proof, Stranger } from './stranger.ts';

const NONCE_LIFETIME_MS = 1500;

describe('who may register and call', () => {
  const folder = workFolder('authentication');
  let pbx: Pbx;
  let stranger: Stranger;

  beforeAll(async () => {
    const user = (name: string, more = {}) => ({ user: name, password: `pw-${name}`, ...more });
    pbx = await Pbx.start(folder, {
      nonceLifetimeMs: NONCE_LIFETIME_MS,
      users: [
        user('alice'),
        user('bob'),
        user('sha', { digest: ['SHA-256'] }),
        user('sha512', { digest: ['SHA-512-256'] }),
      ],
    });
    stranger = await Stranger.open();
  });

  afterAll(async () => {
    stranger.close();
    expect(await pbx.stop()).toBe(0);
  });

  /** A proof for the challenge that this answer holds. */
  const proofFor = (answer: Answer, username: string, more: Partial<Proof> = {}): Proof => ({
    username,
    password: `pw-${username}`,
    nonce: answer.challenge('nonce') ?? '',
    realm: answer.challenge('realm') ?? '',
    ...more,
  });

  it('a right password registers', async () => {
    const challenged = await stranger.request('REGISTER', 'alice');
    expect(challenged.status).toBe(401);
    expect(challenged.challenge('qop')).toContain('auth');
    const proof = proofFor(challenged, 'alice');
    const accepted = await stranger.request('REGISTER', 'alice', { proof });
    expect(accepted.status).toBe(200);
    expect(accepted.text).toMatch(/^Contact: .*expires=\d+/im);
  });

  it.each([
    ['sha', 'SHA-256'],
    ['sha512', 'SHA-512-256'],
  ] as const)(
    '%s registers with %s, which is switched on for this user',
    async (user, algorithm) => {
      const challenged = await stranger.request('REGISTER', user);
      expect(challenged.challenge('algorithm')).toBe(algorithm);
      const proof = proofFor(challenged, user, { algorithm });
      expect((await stranger.request('REGISTER', user, { proof })).status).toBe(200);
      const weaker = proofFor(challenged, user, { algorithm: 'MD5', nc: 2 });
      expect((await stranger.request('REGISTER', user, { proof: weaker })).status).toBe(401);
    },
  );

  it('a wrong password and an unknown user get the same answer, word for word', async () => {
    const refusedWith = async (user: string): Promise<Answer> => {
      const challenged = await stranger.request('REGISTER', user);
      const proof = proofFor(challenged, user, { password: 'wrong' });
      return stranger.request('REGISTER', user, { proof });
    };
    const wrong = await refusedWith('alice');
    const unknown = await refusedWith('nobody');
    expect(wrong.status).toBe(unknown.status);
    expect(withoutWhatDiffers(wrong)).toBe(withoutWhatDiffers(unknown));
  });

  it('a stale nonce is challenged again with stale=true, and then taken', async () => {
    const challenged = await stranger.request('REGISTER', 'alice');
    await pause(NONCE_LIFETIME_MS + 200);
    const proof = proofFor(challenged, 'alice');
    const stale = await stranger.request('REGISTER', 'alice', { proof });
    expect(stale.status).toBe(401);
    expect(stale.challenge('stale')).toMatch(/true/i);
    const fresh = await stranger.request('REGISTER', 'alice', { proof: proofFor(stale, 'alice') });
    expect(fresh.status).toBe(200);
  });

  it('a nonce count is taken once', async () => {
    const challenged = await stranger.request('REGISTER', 'alice');
    const proof = proofFor(challenged, 'alice', { nc: 1 });
    expect((await stranger.request('REGISTER', 'alice', { proof })).status).toBe(200);
    expect((await stranger.request('REGISTER', 'alice', { proof })).status).toBe(401);
    const next = { ...proof, nc: 2 };
    expect((await stranger.request('REGISTER', 'alice', { proof: next })).status).toBe(200);
  });

  it('a REGISTER for somebody else is refused', async () => {
    const challenged = await stranger.request('REGISTER', 'alice', { to: 'bob' });
    const proof = proofFor(challenged, 'alice');
    expect((await stranger.request('REGISTER', 'alice', { to: 'bob', proof })).status).toBe(403);
  });

  it('a call of a user is challenged with 407; a stranger reaches nothing', async () => {
    const invite = await stranger.request('INVITE', 'alice', { to: '*43' });
    expect(invite.status).toBe(407);
    const proof = proofFor(invite, 'alice', { password: 'wrong' });
    expect((await stranger.request('INVITE', 'alice', { to: '*43', proof })).status).toBe(407);
    await pbx.isQuiet();
  });
});

/** An answer without nonce, tags, branch, numbers and the user's name. */
function withoutWhatDiffers({ text }: Answer): string {
  return text
    .replaceAll(/nonce="[^"]*"|tag=[\w.-]+|branch=[\w.]+|CSeq: \d+/g, '')
    .replaceAll(/\b(?:alice|nobody)\b/g, 'user');
}
