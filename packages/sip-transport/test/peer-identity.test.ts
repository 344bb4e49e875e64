import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { identityOf, speaksFor } from '../src/peer-identity.ts';
import { Authority, type Subject } from './certificates.ts';

const authority = new Authority();
const identity = (subject: Subject) =>
  identityOf(new X509Certificate(authority.issue(subject).certificate));

describe('the SIP domains of a certificate (RFC 5922 §7.1)', () => {
  it.each<[string, Subject, string[]]>([
    [
      'sip: URIs',
      { alternatives: 'URI:sip:A.example,URI:SIP:b.example' },
      ['a.example', 'b.example'],
    ],
    [
      'sip: URIs alone where there are DNS names, too',
      { alternatives: 'DNS:host.example,URI:sip:a.example' },
      ['a.example'],
    ],
    [
      'DNS names where there is no sip: URI',
      { alternatives: 'DNS:Host.example' },
      ['host.example'],
    ],
    [
      'no URI of a user, and no other scheme',
      { alternatives: 'URI:sip:bob@a.example,URI:https://b.example,URI:sips:c.example' },
      [],
    ],
    ['no wildcard', { alternatives: 'DNS:*.example,DNS:a.example' }, ['a.example']],
    ['the common name where there is nothing else', { name: 'A.example' }, ['a.example']],
    [
      'no common name where there are alternative names',
      { name: 'a.example', alternatives: 'email:bob@b.example' },
      [],
    ],
    [
      'the host of a URI with port and parameters',
      { alternatives: 'URI:sip:a.example:5061' },
      ['a.example'],
    ],
  ])('are %s', (_, subject, domains) => {
    expect(identity(subject).domains).toEqual(domains);
  });

  it('come with the addresses and the fingerprint', () => {
    const found = identity({ name: 'x', alternatives: 'IP:127.0.0.1,IP:::1' });
    expect(found).toMatchObject({ domains: [], addresses: ['127.0.0.1', '::1'], subject: 'CN=x' });
    expect(found.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it('are not what a name pretends that holds a comma', () => {
    // as Node writes a URI that holds `, DNS:evil.example`
    const subjectAltName = 'URI:"http://a.example/\\"\\u002c DNS:evil.example, DNS:worse.example"';
    const found = identityOf({ subjectAltName, subject: 'CN=evil.example', fingerprint256: '' });
    expect(found.domains).toEqual([]);
  });
});

describe('whether a peer speaks for a host (RFC 5922 §7.2)', () => {
  const peer = identity({ alternatives: 'DNS:sip.a.example,IP:192.0.2.1' });
  it.each([
    ['sip.a.example', true],
    ['SIP.A.example', true],
    ['sip.a.example.', true],
    ['a.example', false],
    ['x.sip.a.example', false],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
  ])('%s: %s', (host, speaks) => {
    expect(speaksFor(peer, host)).toBe(speaks);
  });
});
