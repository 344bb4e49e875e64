import { describe, expect, it } from 'vitest';
import { readAccount } from '../account.ts';
import { SipClient } from '../sip-client.ts';
import { accountOf } from './account-of.ts';
import type { Provider } from './provider.ts';
import { providers } from './providers.ts';

const rows: [string, Provider][] = Object.entries(providers);
const domainAt = ({ domain, domainSuffix = '.example' }: Provider): string =>
  domain ?? `mine${domainSuffix}`;

describe.each(rows)('%s', (_, row) => {
  const { ways } = row;

  it.each(ways)('makes an account over $transport that a client takes', async (way) => {
    const options = accountOf(row, {
      user: '4930123',
      password: 'secret',
      domain: domainAt(row),
      transport: way.transport,
    });
    const { uri, server, expiresSeconds } = readAccount(options);
    expect(uri.toString()).toBe(`sip:4930123@${domainAt(row)}`);
    expect(server).toMatchObject({ host: way.host ?? domainAt(row), port: way.port });
    expect(server.params.get('transport')).toBe(way.transport);
    expect(expiresSeconds).toBe(row.expiresSeconds ?? 300);
    expect(options.media?.srtp).toBe(way.srtp);
    await new SipClient(options).close();
  });

  it('says where it comes from, and each transport once', () => {
    expect(row.sources.length).toBeGreaterThan(0);
    for (const source of row.sources) expect(new URL(source).protocol).toBe('https:');
    const transports = ways.map(({ transport }) => transport);
    expect(new Set(transports).size).toBe(transports.length);
  });
});

describe('an account at a provider', () => {
  const login = { user: 'alice', password: 'x' };

  it('goes the first way, unless it is told another', () => {
    expect(accountOf('dusNet', login).server).toBe('sip:proxy.dus.net:5060;transport=udp');
    expect(accountOf('dusNet', { ...login, transport: 'tls' })).toMatchObject({
      uri: 'sip:alice@proxy.dus.net',
      server: 'sip:secure.dus.net:5061;transport=tls',
      media: { srtp: 'required', digits: ['rtp'] },
    });
  });

  it('names only what the media engine has', () => {
    const { media } = accountOf('vonage', { ...login, domain: 'acme.sip-us.vonage.com' });
    expect(media?.codecs).toEqual(['pcma', 'pcmu', 'g722']);
  });

  it.each([
    ['asterisk', {}, 'has a domain for each customer'],
    ['twilio', { domain: 'pbx.example' }, 'it ends with .twilio.com'],
    ['sipgate', { transport: 'tls' }, 'is not known to have tls, but udp'],
  ] as const)('at %s with %j is refused', (name, more, why) => {
    expect(() => accountOf(name, { ...login, ...more })).toThrow(why);
  });
});
