// Digest authentication on both sides: the strongest algorithm, and nothing that can be replayed.
import { answerChallenge, Challenge, computeHa1, verifyCredentials } from '@strowger/sip-message';

const challenge = new Challenge({
  realm: 'pbx.example',
  nonce: 'f84f1cec41e6cbe5',
  algorithm: 'SHA-256',
  qop: ['auth'],
});
const answer = answerChallenge(challenge, {
  username: 'alice',
  password: 'wonderland',
  method: 'REGISTER',
  uri: 'sip:pbx.example',
  cnonce: '0a4f113b',
  nonceCount: 1,
});
if (!answer.ok) throw new Error(answer.refusal.message);

const ha1 = (password: string): string =>
  computeHa1('SHA-256', { username: 'alice', realm: 'pbx.example', password });
const check = (password: string): boolean =>
  verifyCredentials(answer.value, { ha1: ha1(password), method: 'REGISTER' });
console.log(check('wonderland'), check('looking-glass')); // prints: true false
