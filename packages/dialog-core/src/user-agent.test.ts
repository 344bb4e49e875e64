import { SipRequest, SipUri, uri } from '@strowger/sip-message';
import type { TransportName } from '@strowger/transaction-core';
import { describe, expect, it } from 'vitest';
import { UserAgent } from './user-agent.ts';

const userAgent = (host: string, contactUser?: string): UserAgent =>
  new UserAgent({
    sender: { locate: () => [], sentBy: () => ({ host, port: 5062 }), send() {} },
    contactUser,
    userAgent: undefined,
    allow: ['INVITE'],
    supported: ['timer'],
  });
const hop = (transport: TransportName) => ({ transport, address: '192.0.2.1', port: 5060 });

describe('our Contact (RFC 3261 §8.1.1.8)', () => {
  it.each([
    ['udp', false, '<sip:me@192.0.2.9:5062>'],
    ['tcp', false, '<sip:me@192.0.2.9:5062;transport=tcp>'],
    ['tls', false, '<sip:me@192.0.2.9:5062;transport=tls>'],
    ['tls', true, '<sips:me@192.0.2.9:5062>'],
    ['ws', false, '<sip:me@192.0.2.9:5062;transport=ws>'],
    ['wss', false, '<sip:me@192.0.2.9:5062;transport=ws>'],
  ] as const)('over %s (sips: %s) is %s', (transport, secure, contact) => {
    expect(userAgent('192.0.2.9', 'me').contact(hop(transport), secure)).toBe(contact);
  });

  it('has brackets around IPv6, and no user where there is none', () => {
    expect(userAgent('2001:db8::9').contact(hop('udp'))).toBe('<sip:[2001:db8::9]:5062>');
  });
});

describe('the Contact of one of several', () => {
  it('is spelt anew where anything about it differs from the last', () => {
    const one = userAgent('192.0.2.9', 'me');
    const sentBy = { host: '203.0.113.7', port: 5062 };
    const all = [
      one.contact(hop('udp')),
      one.contact(hop('tcp')),
      one.contact(hop('tcp'), true),
      one.contact(hop('udp'), true),
      one.contact(hop('udp'), true, { user: 'you' }),
      one.contact(hop('udp'), true, { user: 'you', sentBy }),
      one.contact(hop('udp'), true, { user: 'you', sentBy: { ...sentBy, port: 5063 } }),
      one.contact(hop('udp')),
    ];
    expect(new Set(all).size).toBe(7);
    expect(all.at(-1)).toBe(all[0]);
  });

  it('has its user, and what a NAT made of our place', () => {
    const parts = { user: 'you', sentBy: { host: '203.0.113.7', port: 40_000 } };
    const contact = userAgent('192.0.2.9', 'me').contact(hop('udp'), false, parts);
    expect(contact).toBe('<sip:you@203.0.113.7:40000>');
  });

  it('is its GRUU where the scheme fits, and never that of the layer', () => {
    const one = userAgent('192.0.2.9', 'me');
    const gruu = uri('sip:you@pbx.example;gr=1');
    if (!(gruu instanceof SipUri)) throw new Error('no SIP URI');
    one.gruu = gruu.with({ user: 'me' });
    expect(one.contact(hop('udp'))).toBe('<sip:me@pbx.example;gr=1>');
    expect(one.contact(hop('udp'), false, { gruu })).toBe('<sip:you@pbx.example;gr=1>');
    expect(one.contact(hop('udp'), true, { gruu })).toBe('<sips:me@192.0.2.9:5062>');
    expect(one.contact(hop('udp'), false, { user: 'you' })).toBe('<sip:you@192.0.2.9:5062>');
  });
});

describe('Require (RFC 3261 §8.2.2.3)', () => {
  it('is compared without regard to case', () => {
    const headers: [string, string][] = [['Require', 'Timer, 100rel']];
    const request = new SipRequest({ method: 'INVITE', uri: uri('sip:a@b'), headers });
    expect(userAgent('192.0.2.9').notUnderstood(request)).toEqual(['100rel']);
  });
});
