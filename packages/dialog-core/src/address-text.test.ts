import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { addressOf, taggedTo } from './address-text.ts';

const request = (to: string): SipRequest =>
  new SipRequest({
    method: 'INVITE',
    uri: uri('sip:bob@example.com'),
    headers: [
      ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa'],
      ['From', to],
      ['To', to],
      ['Call-ID', 'x'],
      ['CSeq', '1 INVITE'],
    ],
  });

describe('an address as text', () => {
  it.each([
    '<sip:bob@example.com>',
    'sip:bob@example.com',
    'sip:bob@example.com;x=1',
    '"Bob" <sip:bob@example.com>',
    'Bob <sip:bob@example.com>',
    '<sip:bob@example.com;x=1>;y=2',
    '"<" <sip:bob@example.com>',
  ])('of %s says what was read, with a tag and without', (text) => {
    const message = request(text);
    const same = (address: string, tag?: string): void => {
      const one = request(address).to;
      expect(one.tag).toBe(tag);
      expect(String(one)).toBe(String(message.to.withTag(tag)));
      expect(address).toContain('<');
    };
    same(addressOf(message, 'to'));
    same(addressOf(message, 'from'));
    same(taggedTo(message, ''));
    same(taggedTo(message, 'ours'), 'ours');
  });

  it('is that of a response too', () => {
    const response = createResponse(request('<sip:bob@example.com>'), 200, { toTag: 'theirs' });
    expect(addressOf(response, 'to')).toBe('<sip:bob@example.com>;tag=theirs');
  });
});
