import { describe, expect, it } from 'vitest';
import { systemResolver } from '../src/index.ts';
import { data, dnsServer, TYPES } from './dns-server.ts';

describe('the resolver of the system', () => {
  it('reads addresses, with the time that they may be kept', async () => {
    const server = await dnsServer({
      [`${TYPES.a} a.example`]: [data.a('192.0.2.1'), data.a('192.0.2.2')],
    });
    expect(await systemResolver({ servers: [server] }).a('a.example')).toEqual({
      records: ['192.0.2.1', '192.0.2.2'],
      ttlMs: 77_000,
    });
  });

  it('reads NAPTR and SRV', async () => {
    const server = await dnsServer({
      [`${TYPES.naptr} a.example`]: [data.naptr(10, 20, 'SIP+D2U', '_sip._udp.a.example')],
      [`${TYPES.srv} _sip._udp.a.example`]: [data.srv(1, 2, 5060, 'one.a.example')],
    });
    const resolver = systemResolver({ servers: [server] });
    expect((await resolver.naptr('a.example')).records).toMatchObject([
      {
        order: 10,
        preference: 20,
        flags: 's',
        service: 'SIP+D2U',
        replacement: '_sip._udp.a.example',
      },
    ]);
    expect((await resolver.srv('_sip._udp.a.example')).records).toEqual([
      expect.objectContaining({ priority: 1, weight: 2, port: 5060, target: 'one.a.example' }),
    ]);
  });

  it('tells what does not exist from what could not be found out', async () => {
    const server = await dnsServer({
      [`${TYPES.a} broken.example`]: 'fail',
      [`${TYPES.srv} broken.example`]: 'fail',
      [`${TYPES.a} empty.example`]: [],
    });
    const resolver = systemResolver({ servers: [server] });
    for (const name of ['nobody.example', 'empty.example', 'a..b']) {
      expect((await resolver.a(name)).records).toEqual([]);
    }
    expect((await resolver.naptr('nobody.example')).records).toEqual([]);
    await expect(resolver.a('broken.example')).rejects.toThrow(/SERVFAIL/);
    await expect(resolver.srv('broken.example')).rejects.toThrow(/SERVFAIL/);
  });
});
