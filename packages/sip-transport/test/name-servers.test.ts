import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeRuntime, type Runtime, VirtualClock } from '@strowger/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NameServers, type NameServersOptions } from '../src/index.ts';
import { until } from './loopback.ts';
import { answering, fromTable, type NameServer, nameServer, record } from './name-server.ts';

/** A resolver that asks these servers; it is closed, and no timer left, when the test ends. */
function resolver(
  servers: readonly (NameServer | string)[],
  over: Partial<NameServersOptions> = {},
): NameServers {
  const { runtime = nodeRuntime() } = over;
  const all = servers.map((one) => (typeof one === 'string' ? one : one.at));
  const made = new NameServers({ servers: all, ...over, runtime });
  onTestFinished(async () => {
    made.close();
    await until(() => runtime.clock.armedTimers === 0);
  });
  return made;
}

function stillClock(): { clock: VirtualClock; runtime: Runtime } {
  const clock = new VirtualClock();
  return { clock, runtime: { ...nodeRuntime(), clock } };
}

describe('a resolver of our own', () => {
  it('knows how long each type of record lives', async () => {
    const server = await nameServer(
      fromTable({
        'NAPTR a.example': [
          record.naptr('a.example', 'SIP+D2T', '_sip._tcp.a.example', { ttl: 11 }),
        ],
        'SRV _sip._tcp.a.example': [
          record.srv('_sip._tcp.a.example', 'one.a.example', 5061, { weight: 7, ttl: 22 }),
          record.srv('_sip._tcp.a.example', 'two.a.example', 5062, { priority: 2, ttl: 21 }),
        ],
        'A a.example': [record.a('a.example', '192.0.2.1', 33)],
        'AAAA a.example': [record.aaaa('a.example', '2001:DB8::0:1', 44)],
      }),
    );
    const dns = resolver([server]);
    expect(await dns.naptr('a.example')).toEqual({
      records: [
        {
          order: 1,
          preference: 1,
          flags: 's',
          service: 'SIP+D2T',
          replacement: '_sip._tcp.a.example',
        },
      ],
      ttlMs: 11_000,
    });
    expect(await dns.srv('_sip._tcp.a.example')).toEqual({
      records: [
        { priority: 1, weight: 7, port: 5061, target: 'one.a.example' },
        { priority: 2, weight: 0, port: 5062, target: 'two.a.example' },
      ],
      ttlMs: 21_000,
    });
    expect(await dns.a('A.Example.')).toEqual({ records: ['192.0.2.1'], ttlMs: 33_000 });
    expect(await dns.aaaa('a.example')).toEqual({ records: ['2001:db8::1'], ttlMs: 44_000 });
    expect(server.asked.every(({ edns, by }) => edns && by === 'udp')).toBe(true);
  });

  it('knows how long "there is none" holds: the SOA record says (RFC 2308 §5)', async () => {
    const server = await nameServer((asked) => [
      answering(asked, [], { flags: 0x183, authorities: [record.soa('example', 90, 3600)] }),
    ]);
    const dns = resolver([server]);
    expect(await dns.a('a.example')).toEqual({ records: [], ttlMs: 90_000 });
    server.says = (asked) => [
      answering(asked, [], { authorities: [record.soa('example', 90, 8)] }),
    ];
    expect(await dns.a('a.example')).toEqual({ records: [], ttlMs: 8000 });
    server.says = (asked) => [answering(asked, [])];
    expect(await dns.a('a.example')).toEqual({ records: [] });
  });

  it('follows aliases, and keeps what they lead to as long as the shortest of them', async () => {
    const server = await nameServer((asked) => [
      answering(asked, [
        record.a('c.example', '192.0.2.1', 60),
        record.cname('b.example', 'c.example', 5),
        record.cname('a.example', 'B.example', 60),
        record.a('evil.example', '192.0.2.66', 60),
      ]),
    ]);
    expect(await resolver([server]).a('a.example')).toEqual({
      records: ['192.0.2.1'],
      ttlMs: 5000,
    });
  });

  it('asks by TCP what is too long for a datagram', async () => {
    const many = Array.from({ length: 100 }, (_, n) =>
      record.srv('_sip._udp.a.example', `n${n}.a.example`, 5060),
    );
    const server = await nameServer((asked) => [
      asked.by === 'udp' ? answering(asked, [], { flags: 0x380 }) : answering(asked, many),
    ]);
    const { records } = await resolver([server]).srv('_sip._udp.a.example');
    expect(records).toHaveLength(100);
    expect(server.asked.map(({ by }) => by)).toEqual(['udp', 'tcp']);
    expect(server.asked[0]?.id).not.toBe(server.asked[1]?.id);
  });

  it('asks a server that knows no EDNS without it', async () => {
    const server = await nameServer((asked) => [
      asked.edns
        ? answering(asked, [], { flags: 0x181, questions: [] })
        : answering(asked, [record.a('a.example', '192.0.2.1')]),
    ]);
    expect((await resolver([server]).a('a.example')).records).toEqual(['192.0.2.1']);
    expect(server.asked.map(({ edns }) => edns)).toEqual([true, false]);
  });

  it('asks the next server where one refuses, and first the one that answered last', async () => {
    const broken = await nameServer((asked) => [answering(asked, [], { flags: 0x182 })]);
    const good = await nameServer((asked) => [
      answering(asked, [record.a('a.example', '192.0.2.1')]),
    ]);
    const dns = resolver([broken, good]);
    expect((await dns.a('a.example')).records).toEqual(['192.0.2.1']);
    expect((await dns.a('a.example')).records).toEqual(['192.0.2.1']);
    expect([broken.asked.length, good.asked.length]).toEqual([1, 2]);
  });

  it('asks the next server where one is silent for a second', async () => {
    const { clock, runtime } = stillClock();
    const silent = await nameServer(() => []);
    const good = await nameServer((asked) => [
      answering(asked, [record.a('a.example', '192.0.2.1')]),
    ]);
    const answer = resolver([silent, good], { runtime }).a('a.example');
    await until(() => silent.asked.length === 1);
    clock.advance(1000);
    expect((await answer).records).toEqual(['192.0.2.1']);
  });

  it('gives up when all are silent twice, within five seconds', async () => {
    const { clock, runtime } = stillClock();
    const servers = [await nameServer(() => []), await nameServer(() => [])];
    const answer = resolver(servers, { runtime }).a('a.example');
    const failed = expect(answer).rejects.toMatchObject({
      code: 'DNS_FAILED',
      recovery: { kind: 'retry' },
    });
    const asked = (): number => servers.reduce((sum, one) => sum + one.asked.length, 0);
    for (const [count, ms] of [
      [1, 1000],
      [2, 1000],
      [3, 2000],
      [4, 1000],
    ] as const) {
      await until(() => asked() === count);
      clock.advance(ms);
    }
    await failed;
    expect(asked()).toBe(4);
  });

  it('asks a server over IPv6', async () => {
    const server = await nameServer(
      (asked) => [answering(asked, [record.a('a.example', '192.0.2.1')])],
      '::1',
    );
    expect((await resolver([server]).a('a.example')).records).toEqual(['192.0.2.1']);
  });

  it('asks each time from another port, under another identifier', async () => {
    const server = await nameServer(fromTable({}));
    const dns = resolver([server]);
    for (let count = 0; count < 16; count++) await dns.a('a.example');
    expect(new Set(server.asked.map(({ from }) => from.port)).size).toBeGreaterThan(8);
    expect(new Set(server.asked.map(({ id }) => id)).size).toBeGreaterThan(12);
  });

  it.each(['', '.', 'a..b', '.1', '[.1]x y', `${'a'.repeat(64)}.example`, 'a.'.repeat(130)])(
    'asks nobody about what is no name: %s',
    async (name) => {
      const server = await nameServer(() => []);
      expect(await resolver([server]).srv(name)).toEqual({ records: [] });
      expect(server.asked).toEqual([]);
    },
  );

  it('leaves nothing behind when it is closed in the middle of a question', async () => {
    const runtime = nodeRuntime();
    const server = await nameServer(() => []);
    const dns = resolver([server], { runtime });
    const failed = expect(dns.a('a.example')).rejects.toMatchObject({ code: 'DNS_FAILED' });
    await until(() => server.asked.length === 1);
    dns.close();
    await failed;
    expect(runtime.clock.armedTimers).toBe(0);
    await expect(dns.a('b.example')).rejects.toMatchObject({ code: 'DNS_FAILED' });
    expect(server.asked).toHaveLength(1);
  });

  it.each(['example', '192.0.2.1:0', '192.0.2.1:70000', '[2001:db8::1]:x'])(
    'refuses a server that is none: %s',
    (one) => {
      const make = () => new NameServers({ runtime: nodeRuntime(), servers: [one] });
      expect(make).toThrow(expect.objectContaining({ code: 'BAD_NAME_SERVER' }));
    },
  );
});

describe('answers that are not ours (RFC 5452)', () => {
  const right = record.a('a.example', '192.0.2.1');
  const forged = record.a('a.example', '192.0.2.66');

  it.each<[string, Parameters<typeof nameServer>[0]]>([
    [
      'another identifier',
      (asked) => [answering(asked, [forged], { id: (asked.id + 1) & 0xffff })],
    ],
    [
      'another name',
      (asked) => [{ ...answering(asked, [forged]), questions: [{ type: 'A', name: 'b.example' }] }],
    ],
    [
      'another type',
      (asked) => [
        { ...answering(asked, [forged]), questions: [{ type: 'AAAA', name: 'a.example' }] },
      ],
    ],
    ['no question', (asked) => [answering(asked, [forged], { questions: [] })]],
    [
      'two questions',
      (asked) => [
        {
          ...answering(asked, [forged]),
          questions: [
            { type: 'A', name: 'a.example' },
            { type: 'A', name: 'a.example' },
          ],
        },
      ],
    ],
    ['a query', (asked) => [{ ...answering(asked, [forged]), type: 'query' }]],
    ['bytes of chance', () => [Buffer.alloc(200, 0xc0), Buffer.alloc(3), Buffer.alloc(0)]],
  ])('are passed over: %s', async (_, says) => {
    const server = await nameServer((asked) => [...says(asked), answering(asked, [right])]);
    expect((await resolver([server]).a('a.example')).records).toEqual(['192.0.2.1']);
    expect(server.asked).toHaveLength(1);
  });

  it('are passed over from another port, and from another address', async () => {
    const server = await nameServer(() => []);
    const { clock, runtime } = stillClock();
    const [liar, other] = [await nameServer(() => []), await nameServer(() => [], '127.0.0.2')];
    const answer = resolver([server], { runtime }).a('a.example');
    const failed = expect(answer).rejects.toMatchObject({ code: 'DNS_FAILED' });
    for (const count of [1, 2]) {
      await until(() => server.asked.length === count);
      const asked = server.asked.at(-1);
      if (asked === undefined) throw new Error('it was asked');
      for (const one of [liar, other]) one.lie(answering(asked, [forged]), asked.from);
      await until(() => liar.lies === count && other.lies === count);
      clock.advance(2000);
    }
    await failed;
  });
});

describe('the hosts file', () => {
  function hostsFile(text: string): string {
    const path = join(mkdtempSync(join(tmpdir(), 'strowger-hosts-')), 'hosts');
    writeFileSync(path, text);
    return path;
  }

  it('is believed before DNS', async () => {
    const server = await nameServer(fromTable({}));
    const hosts = hostsFile('192.0.2.7 pbx.example PBX # the one\n2001:db8::7 pbx\n');
    const dns = resolver([server], { hosts });
    expect((await dns.a('pbx')).records).toEqual(['192.0.2.7']);
    expect((await dns.aaaa('pbx')).records).toEqual(['2001:db8::7']);
    expect((await dns.aaaa('pbx.example')).records).toEqual([]);
    expect(server.asked).toEqual([]);
  });

  it('has no say in SRV records, unless no server answers', async () => {
    const server = await nameServer((asked) => [
      answering(asked, [record.srv('_sip._udp.pbx.example', 'one.example', 5060)]),
    ]);
    const dns = resolver([server], { hosts: hostsFile('192.0.2.7 pbx.example') });
    expect((await dns.srv('_sip._udp.pbx.example')).records).toHaveLength(1);
    server.says = (asked) => [answering(asked, [], { flags: 0x182 })];
    expect((await dns.srv('_sip._udp.pbx.example')).records).toEqual([]);
    expect((await dns.naptr('pbx.example')).records).toEqual([]);
    await expect(dns.srv('_sip._udp.b.example')).rejects.toMatchObject({ code: 'DNS_FAILED' });
  });

  it('is read again when it has changed', async () => {
    const { clock, runtime } = stillClock();
    const path = hostsFile('192.0.2.7 pbx');
    const dns = resolver([await nameServer(fromTable({}))], { runtime, hosts: path });
    expect((await dns.a('pbx')).records).toEqual(['192.0.2.7']);
    writeFileSync(path, '192.0.2.8 pbx\n\n');
    clock.advance(5000);
    expect((await dns.a('pbx')).records).toEqual(['192.0.2.8']);
  });

  it('need not exist', async () => {
    const dns = resolver([await nameServer(fromTable({}))], { hosts: '/nowhere/hosts' });
    expect((await dns.a('pbx')).records).toEqual([]);
  });
});
