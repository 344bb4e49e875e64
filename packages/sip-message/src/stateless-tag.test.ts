import { expect, it } from 'vitest';
import { SipRequest } from './message.ts';
import { statelessTag } from './stateless-tag.ts';
import { uri } from './uri.ts';

function request(branch: string, cseq = '1 OPTIONS', received = ''): SipRequest {
  return new SipRequest({
    method: 'OPTIONS',
    uri: uri('sip:b@b.example'),
    headers: [
      ['Via', `SIP/2.0/UDP a.example;branch=${branch}${received}`],
      ['From', '<sip:a@a.example>;tag=1'],
      ['To', '<sip:b@b.example>'],
      ['Call-ID', 'c'],
      ['CSeq', cseq],
    ],
  });
}

it('gives every copy of a request the same tag, however it was addressed or came', () => {
  const tag = statelessTag(request('z9hG4bKx'));
  expect(statelessTag(request('Z9HG4BKX', '1 OPTIONS', ';received=192.0.2.1'))).toBe(tag);
  expect(tag).toMatch(/^s[0-9a-z]{1,7}$/);
});

it('gives another request another tag', () => {
  const tags = [request('z9hG4bKx'), request('z9hG4bKy'), request('z9hG4bKx', '2 OPTIONS')];
  expect(new Set(tags.map(statelessTag)).size).toBe(3);
});
