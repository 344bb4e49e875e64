import { expect, it } from 'vitest';
import { answerTo, describeSession } from './session-description.ts';

const place = { address: '192.0.2.1', port: 4000 };

it.each([
  ['sendonly', 'recvonly'],
  ['recvonly', 'sendonly'],
  ['inactive', 'inactive'],
  ['sendrecv', 'sendrecv'],
] as const)('an offer of %s is answered with %s', (direction, answer) => {
  expect(answerTo(describeSession(place, { version: 1, direction }))).toBe(answer);
});

it('goes by the line of the audio, or by the session, and not by that of another medium', () => {
  const head = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n';
  const audio = 'm=audio 4000 RTP/AVP 0\r\n';
  const video = 'm=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=inactive\r\n';
  expect(answerTo(`${head}${audio}${video}`)).toBe('sendrecv');
  expect(answerTo(`${head}a=sendonly\r\n${audio}`)).toBe('recvonly');
  expect(answerTo(`${head}a=sendonly\r\n${audio}a=sendrecv\r\n`)).toBe('sendrecv');
  expect(answerTo('no description')).toBe('sendrecv');
});
