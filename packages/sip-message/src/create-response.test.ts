import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { createResponse } from './create-response.ts';
import type { SipRequest } from './message.ts';
import { parseMessage } from './parse-message.ts';
import { serializeMessage } from './serialize-message.ts';

const HEAD = [
  'INVITE sip:bob@b.example SIP/2.0',
  'v: SIP/2.0/UDP A.example:5070;branch=z9hG4bKx',
  'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKy',
  'From: Alice\r\n <sip:alice@a.example>;tag=a',
];
const TAIL = ['Call-ID: c@d', 'CSeq: 7 INVITE', 'Timestamp: 54', 'Content-Length: 0', '', ''];

describe('createResponse', () => {
  it('copies what RFC 3261 §8.2.6.2 names byte for byte, and nothing else', () => {
    expect(text(serializeMessage(createResponse(request('To: <sip:b@b.example>'), 404)))).toBe(
      [
        'SIP/2.0 404 Not Found',
        ...HEAD.slice(1),
        'To: <sip:b@b.example>',
        'Call-ID: c@d',
        'CSeq: 7 INVITE',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it.each([
    ['To: <sip:b@b.example>;x=1', '<sip:b@b.example>;x=1;tag=ours'],
    ['t: sip:b@b.example', '<sip:b@b.example>;tag=ours'],
    ['To: <sip:b@b.example>;tag=theirs', '<sip:b@b.example>;tag=theirs'],
  ])('gives %s a tag where it has none', (to, expected) => {
    const response = createResponse(request(to), 200, { toTag: 'ours' });
    expect(response.headers.raw('to')).toEqual([expected]);
    expect(response.toTag).toBe(response.to.tag);
  });

  it('tells the tag of a To that was set later', () => {
    const response = createResponse(request('To: <sip:b@b.example>'), 200, { toTag: 'ours' });
    response.headers.set('To', '<sip:b@b.example>;tag=another');
    expect(response.toTag).toBe('another');
  });

  it('refuses a tag that would begin another header', () => {
    const invite = request('To: <sip:b@b.example>');
    expect(() => createResponse(invite, 200, { toTag: 'x\r\nEvil: 1' })).toThrow();
  });

  it('echoes Timestamp in a 100 alone, which gets no tag', () => {
    const trying = createResponse(request('To: <sip:b@b.example>'), 100, { toTag: 'ours' });
    expect(trying.headers.raw('timestamp')).toEqual(['54']);
    expect(trying.toTag).toBeUndefined();
  });

  it('leaves the request as it was', () => {
    const invite = request('To: <sip:b@b.example>');
    const before = text(serializeMessage(invite));
    createResponse(invite, 200, { toTag: 'ours' }).headers.removeFirst('Via');
    expect(text(serializeMessage(invite))).toBe(before);
  });
});

describe('sentBy', () => {
  it('is that of the topmost Via in lower case', () => {
    expect(request('To: <sip:b@b.example>').sentBy).toBe('a.example:5070');
  });

  it('is that of a Via that was put on top', () => {
    const invite = request('To: <sip:b@b.example>').clone();
    invite.headers.prepend('Via', 'SIP/2.0/UDP [2001:DB8::1]:5060;branch=z9hG4bKz');
    expect(invite.sentBy).toBe('[2001:db8::1]:5060');
    expect(invite.branch).toBe('z9hG4bKz');
  });
});

function request(to: string): SipRequest {
  const parsed = parseMessage(Buffer.from([...HEAD, to, ...TAIL].join('\r\n'), 'latin1'));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('no request');
  return parsed.value;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
