import { nodeRuntime, seededRandom, VirtualClock } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import { type Hop, TransportLayer, type TransportLimits } from '../src/index.ts';
import { describe, expect, it } from 'vitest';
import { FakeDns, naptr, srv, type Zone } from './fake-dns.ts';

const BOTH = ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'];

/** A layer that opens nothing: locating needs no socket. */
function layerOn(zone: Zone, listen = BOTH, limits: Partial<TransportLimits> = {}, seed = 1) {
  const clock = new VirtualClock();
  const dns = new FakeDns(zone);
  const layer = new TransportLayer({
    runtime: { ...nodeRuntime(), clock, random: seededRandom(seed) },
    listen,
    resolver: dns,
    limits,
    onMessage: () => {},
  });
  const locate = async (target: string, sizeBytes = 500): Promise<string[]> =>
    (await layer.locate(uri(target), sizeBytes)).map(text);
  return { clock, dns, layer, locate };
}

const text = ({ transport, address, port }: Hop): string => `${transport} ${address} ${port}`;

describe('locating the servers of a SIP URI (RFC 3263 §4)', () => {
  it('takes a numeric host as it is, at once and over UDP', () => {
    const { layer, dns } = layerOn({});
    expect(layer.locate(uri('sip:bob@192.0.2.1'), 500)).toEqual([
      { transport: 'udp', address: '192.0.2.1', port: 5060 },
    ]);
    expect(layer.locate(uri('sip:192.0.2.1:5080;transport=tcp'), 500)).toEqual([
      { transport: 'tcp', address: '192.0.2.1', port: 5080 },
    ]);
    expect(dns.asked).toEqual([]);
  });

  it('takes a numeric IPv6 host in any spelling', async () => {
    const { locate } = layerOn({}, ['udp:[::1]:0']);
    expect(await locate('sip:[2001:DB8::0:1]:5070')).toEqual(['udp 2001:db8::1 5070']);
  });

  it('knows localhost without DNS, in each family that it listens on', async () => {
    const { locate, dns } = layerOn({}, ['udp:[::1]:0', 'udp:127.0.0.1:0']);
    expect(await locate('sip:bob@localhost:5070')).toEqual(['udp ::1 5070', 'udp 127.0.0.1 5070']);
    expect(dns.asked).toEqual([]);
  });

  it('goes to maddr where the URI has one', async () => {
    const { locate } = layerOn({});
    expect(await locate('sip:bob@a.example;maddr=192.0.2.9')).toEqual(['udp 192.0.2.9 5060']);
  });

  it('asks for addresses alone where the URI has a port', async () => {
    const { locate, dns } = layerOn({ a: { 'a.example': ['192.0.2.1', '192.0.2.2'] } });
    expect(await locate('sip:a.example:5070')).toEqual([
      'udp 192.0.2.1 5070',
      'udp 192.0.2.2 5070',
    ]);
    expect(dns.asked).toEqual(['a a.example']);
  });

  it('follows NAPTR by order and preference, then SRV by priority (RFC 3263 §4.1, §4.2)', async () => {
    const { locate } = layerOn({
      naptr: {
        'a.example': [
          naptr(60, 50, 'SIP+D2U', '_sip._udp.a.example'),
          naptr(50, 50, 'SIPS+D2T', '_sips._tcp.a.example'),
          naptr(50, 90, 'SIP+D2T', '_sip._tcp.a.example'),
        ],
      },
      srv: {
        '_sip._tcp.a.example': [srv(2, 0, 5062, 'two.a.example'), srv(1, 0, 5061, 'one.a.example')],
        '_sip._udp.a.example': [srv(1, 0, 5063, 'one.a.example')],
      },
      a: { 'one.a.example': ['192.0.2.1'], 'two.a.example': ['192.0.2.2'] },
    });
    expect(await locate('sip:bob@a.example')).toEqual([
      'tcp 192.0.2.1 5061',
      'tcp 192.0.2.2 5062',
      'udp 192.0.2.1 5063',
    ]);
  });

  it('asks for the SRV records of every transport where there is no NAPTR (RFC 3263 §4.1)', async () => {
    const { locate, dns } = layerOn({
      srv: { '_sip._tcp.a.example': [srv(1, 0, 5061, 'one.a.example')] },
      a: { 'one.a.example': ['192.0.2.1'] },
    });
    expect(await locate('sip:a.example')).toEqual(['tcp 192.0.2.1 5061']);
    expect(dns.asked).toContain('srv _sip._udp.a.example');
  });

  it('asks for the SRV records of one transport where the URI names it (RFC 3263 §4.2)', async () => {
    const { locate, dns } = layerOn({
      srv: { '_sip._tcp.a.example': [srv(1, 0, 5061, 'one.a.example.')] },
      a: { 'one.a.example': ['192.0.2.1'] },
    });
    expect(await locate('sip:a.example;transport=TCP')).toEqual(['tcp 192.0.2.1 5061']);
    expect(dns.asked).toEqual(['srv _sip._tcp.a.example', 'a one.a.example']);
  });

  it('falls back to the address, UDP and port 5060 (RFC 3263 §4.2)', async () => {
    const { locate } = layerOn({ a: { 'a.example': ['192.0.2.1'] } });
    expect(await locate('sip:a.example')).toEqual(['udp 192.0.2.1 5060']);
    expect(await locate('sip:a.example;transport=tcp')).toEqual(['tcp 192.0.2.1 5060']);
  });

  it('draws among equal priorities by weight (RFC 2782)', async () => {
    const zone: Zone = {
      srv: { '_sip._udp.a.example': [srv(1, 90, 1, '192.0.2.1'), srv(1, 10, 2, '192.0.2.2')] },
    };
    let heavyFirst = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const { locate } = layerOn(zone, BOTH, {}, seed);
      if ((await locate('sip:a.example'))[0] === 'udp 192.0.2.1 1') heavyFirst++;
    }
    expect(heavyFirst).toBeGreaterThan(160);
    expect(heavyFirst).toBeLessThan(200);
  });

  it('asks in the families that it listens on, the first of them first (RFC 6157)', async () => {
    const zone: Zone = {
      a: { 'a.example': ['192.0.2.1'] },
      aaaa: { 'a.example': ['2001:db8::1'] },
    };
    const six = layerOn(zone, ['udp:[::]:0', 'udp:0.0.0.0:0']);
    expect(await six.locate('sip:a.example')).toEqual([
      'udp 2001:db8::1 5060',
      'udp 192.0.2.1 5060',
    ]);
    const four = layerOn(zone);
    expect(await four.locate('sip:a.example')).toEqual(['udp 192.0.2.1 5060']);
    expect(four.dns.asked).not.toContain('aaaa a.example');
  });

  it('uses TCP by itself where it does not listen on UDP', async () => {
    const { locate } = layerOn({}, ['tcp:127.0.0.1:0']);
    expect(await locate('sip:192.0.2.1')).toEqual(['tcp 192.0.2.1 5060']);
  });

  it.each([
    ['an unknown name', 'sip:nobody.example'],
    ['a service that is decidedly not offered', 'sip:closed.example;transport=udp'],
    ['sips, which must not travel in the clear', 'sips:bob@192.0.2.1'],
    ['a transport that is not carried', 'sip:192.0.2.1;transport=tls'],
    ['a family that is not carried', 'sip:[2001:db8::1]'],
    ['a telephone number', 'tel:+3225550100'],
    ['any other scheme', 'mailto:bob@a.example'],
  ])('has no route to %s', async (_, target) => {
    const { layer } = layerOn({
      srv: { '_sip._udp.closed.example': [srv(0, 0, 0, '.')] },
      a: { 'closed.example': ['192.0.2.1'] },
    });
    await expect(layer.locate(uri(target), 500)).rejects.toMatchObject({ code: 'NO_ROUTE' });
  });

  it('gives no more hops than it may', async () => {
    const many = Array.from({ length: 50 }, (_, last) => `192.0.2.${last}`);
    const { locate } = layerOn({ a: { 'a.example': many } }, BOTH, { hops: 4 });
    expect(await locate('sip:a.example:5060')).toHaveLength(4);
  });
});

describe('when DNS fails', () => {
  it('has no route, and says that a later try may find one', async () => {
    const { layer } = layerOn({ broken: ['a a.example'] });
    await expect(layer.locate(uri('sip:a.example:5060'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
      recovery: { kind: 'retry' },
    });
  });

  it('takes servers that know no NAPTR for a zone without', async () => {
    const { locate } = layerOn({
      broken: ['naptr a.example'],
      a: { 'a.example': ['192.0.2.1'] },
    });
    expect(await locate('sip:a.example')).toEqual(['udp 192.0.2.1 5060']);
  });

  it('uses the targets that could be found', async () => {
    const { locate } = layerOn({
      srv: { '_sip._udp.a.example': [srv(1, 0, 1, 'lost.example'), srv(2, 0, 2, 'one.example')] },
      a: { 'one.example': ['192.0.2.1'] },
      broken: ['a lost.example'],
    });
    expect(await locate('sip:a.example;transport=udp')).toEqual(['udp 192.0.2.1 2']);
  });

  it('gives up on a question without an answer', async () => {
    const { clock, dns, layer } = layerOn({}, BOTH, { dnsTimeoutMs: 700 });
    dns.a = () => new Promise(() => {});
    const located = expect(layer.locate(uri('sip:a.example:5060'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
    });
    clock.advance(700);
    await located;
    expect(clock.armedTimers).toBe(0);
  });

  it('refuses more questions at once than it may ask', async () => {
    const { dns, layer } = layerOn({}, BOTH, { dnsPending: 2 });
    dns.a = () => new Promise(() => {});
    const ask = (name: string) => layer.locate(uri(`sip:${name}:5060`), 500);
    void Promise.allSettled([ask('a.example'), ask('b.example')]);
    await expect(ask('c.example')).rejects.toMatchObject({ cause: { code: 'DNS_BUSY' } });
  });

  it('fails what is being looked up when it is closed', async () => {
    const { clock, dns, layer } = layerOn({});
    dns.a = () => new Promise(() => {});
    const located = expect(layer.locate(uri('sip:a.example:5060'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
    });
    await layer.close();
    await located;
    expect(clock.armedTimers).toBe(0);
  });
});

describe('T11: answers of DNS that mean harm', () => {
  const thousand = Array.from({ length: 1000 }, (_, n) => srv(1, 0, 5060, `n${n}.a.example`));

  it('are followed for twenty questions at most', async () => {
    const naptrs = Array.from({ length: 1000 }, (_, n) =>
      naptr(n, 1, 'SIP+D2U', `_n${n}.a.example`),
    );
    const { dns, layer } = layerOn({
      naptr: { 'a.example': naptrs },
      srv: Object.fromEntries(naptrs.map(({ replacement }) => [replacement, thousand])),
    });
    await expect(layer.locate(uri('sip:a.example'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
    });
    expect(dns.asked.length).toBeLessThanOrEqual(20);
  });

  it('may be a thousand records, of which the first are used', async () => {
    const { dns, locate } = layerOn({
      srv: { '_sip._udp.a.example': thousand },
      a: Object.fromEntries(thousand.map(({ target }) => [target, ['192.0.2.1']])),
    });
    expect(await locate('sip:a.example;transport=udp')).toHaveLength(16);
    expect(dns.asked).toHaveLength(17);
  });

  it('take five seconds in all at most, however many questions they lead to', async () => {
    const { clock, dns, layer } = layerOn({});
    const slowly = (ms: number) => () =>
      new Promise<{ records: never[] }>((resolve) => {
        clock.arm(ms, () => resolve({ records: [] }));
      });
    Object.assign(dns, { naptr: slowly(3000), srv: slowly(3000), a: slowly(3000) });
    const located = expect(layer.locate(uri('sip:a.example'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
      recovery: { kind: 'retry' },
    });
    clock.advance(3000);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(2000);
    await located;
  });

  it.each<[string, Zone]>([
    ['port 0', { srv: { '_sip._udp.a.example': [srv(1, 0, 0, 'one.a.example')] } }],
    ['the name "."', { srv: { '_sip._udp.a.example': [srv(1, 0, 5060, '.')] } }],
    ['the host ".1"', { srv: { '_sip._udp.a.example': [srv(1, 0, 5060, '.1')] } }],
    ['the host "[.1]"', { srv: { '_sip._udp.a.example': [srv(1, 0, 5060, '[.1]')] } }],
    [
      'a record that leads to itself',
      { srv: { '_sip._udp.a.example': [srv(1, 0, 5060, 'a.example')] } },
    ],
  ])('lead nowhere by %s', async (_, zone) => {
    const { layer } = layerOn(zone);
    await expect(layer.locate(uri('sip:a.example;transport=udp'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
    });
  });
});

describe('T06: addresses that are no one host', () => {
  it.each(['255.255.255.255', '224.0.0.1', '239.255.255.250', '0.0.0.0', '[ff02::1]', '[::]'])(
    'have no route: %s',
    async (host) => {
      const { layer } = layerOn({}, [...BOTH, 'udp:[::1]:0']);
      await expect(async () => layer.locate(uri(`sip:${host}`), 500)).rejects.toMatchObject({
        code: 'NO_ROUTE',
      });
    },
  );

  it('are left out of what DNS answers', async () => {
    const { locate } = layerOn({
      a: { 'a.example': ['255.255.255.255', '192.0.2.1', '224.0.0.1'] },
    });
    expect(await locate('sip:a.example:5060')).toEqual(['udp 192.0.2.1 5060']);
  });
});

describe('the memory of DNS', () => {
  it('keeps an answer as long as it lives', async () => {
    const { clock, dns, locate, layer } = layerOn({
      a: { 'a.example': ['192.0.2.1'] },
      ttlMs: 5000,
    });
    await locate('sip:a.example:5060');
    clock.advance(4999);
    await locate('sip:A.EXAMPLE:5060');
    expect(dns.asked).toHaveLength(1);
    expect(layer.counts().dnsEntries).toBe(1);
    clock.advance(1);
    await locate('sip:a.example:5060');
    expect(dns.asked).toHaveLength(2);
  });

  it('keeps an answer of unknown or endless life for a while', async () => {
    const limits = { dnsDefaultTtlMs: 1000, dnsMaxTtlMs: 2000 };
    const { clock, dns, locate } = layerOn({ a: { 'a.example': ['192.0.2.1'] } }, BOTH, limits);
    await locate('sip:a.example:5060');
    clock.advance(1000);
    dns.zone.ttlMs = 1e9;
    await locate('sip:a.example:5060');
    expect(dns.asked).toHaveLength(2);
    clock.advance(2000);
    await locate('sip:a.example:5060');
    expect(dns.asked).toHaveLength(3);
  });

  it('keeps that there is nothing', async () => {
    const { clock, dns, locate } = layerOn({}, BOTH, { dnsNegativeTtlMs: 1000 });
    await expect(locate('sip:a.example:5060')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    await expect(locate('sip:a.example:5060')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    expect(dns.asked).toHaveLength(1);
    clock.advance(1000);
    await expect(locate('sip:a.example:5060')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    expect(dns.asked).toHaveLength(2);
  });

  it('does not keep a failure', async () => {
    const { dns, locate } = layerOn({ broken: ['a a.example'], a: { 'a.example': ['192.0.2.1'] } });
    await expect(locate('sip:a.example:5060')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    dns.zone.broken = [];
    expect(await locate('sip:a.example:5060')).toEqual(['udp 192.0.2.1 5060']);
  });

  it('asks once what is wanted twice at the same time', async () => {
    const { dns, locate } = layerOn({ a: { 'a.example': ['192.0.2.1'] } });
    await Promise.all([locate('sip:a.example:5060'), locate('sip:a.example:5070')]);
    expect(dns.asked).toHaveLength(1);
  });

  it('holds no more than it may', async () => {
    const { locate, layer } = layerOn({}, BOTH, { dnsEntries: 5 });
    for (let name = 0; name < 20; name++) {
      await expect(locate(`sip:n${name}.example:5060`)).rejects.toMatchObject({ code: 'NO_ROUTE' });
    }
    expect(layer.counts().dnsEntries).toBe(5);
  });
});

describe('the size rule (RFC 3261 §18.1.1)', () => {
  it('tries TCP to every peer, then UDP, for a request over 1300 bytes', async () => {
    const { locate } = layerOn({ a: { 'a.example': ['192.0.2.1', '192.0.2.2'] } });
    expect(await locate('sip:a.example:5060', 1300)).toEqual([
      'udp 192.0.2.1 5060',
      'udp 192.0.2.2 5060',
    ]);
    expect(await locate('sip:a.example:5060', 1301)).toEqual([
      'tcp 192.0.2.1 5060',
      'tcp 192.0.2.2 5060',
      'udp 192.0.2.1 5060',
      'udp 192.0.2.2 5060',
    ]);
  });

  it('holds for a URI that asks for UDP, at once where the host is numeric', () => {
    const { layer } = layerOn({}, BOTH, { datagramBytes: 100 });
    expect(layer.locate(uri('sip:192.0.2.1;transport=udp'), 101)).toEqual([
      { transport: 'tcp', address: '192.0.2.1', port: 5060 },
      { transport: 'udp', address: '192.0.2.1', port: 5060 },
    ]);
  });

  it('stays with UDP where it does not listen on TCP', async () => {
    const { locate } = layerOn({}, ['udp:127.0.0.1:0', 'tcp:[::1]:0']);
    expect(await locate('sip:192.0.2.1', 5000)).toEqual(['udp 192.0.2.1 5060']);
  });
});
