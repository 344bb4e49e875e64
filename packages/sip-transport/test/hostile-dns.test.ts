import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { uri } from '@strowger/sip-message';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Hop, NameServers, type TransportLimits } from '../src/index.ts';
import { hopTo, mustLeave, open, options, type Party, until } from './loopback.ts';
import {
  answering,
  fromTable,
  type NameServer,
  nameServer,
  record,
  type Says,
} from './name-server.ts';

/** A listening layer that asks this name server; every test ends with a call that it still takes. */
async function victim(
  says: Says,
  over: { limits?: Partial<TransportLimits>; clock?: VirtualClock } = {},
) {
  const server = await nameServer(says);
  const real = nodeRuntime();
  const runtime = over.clock === undefined ? real : { ...real, clock: over.clock };
  const resolver = new NameServers({ runtime, servers: [server.at] });
  const party = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], {
    runtime,
    resolver,
    ...(over.limits === undefined ? {} : { limits: over.limits }),
  });
  onTestFinished(() => resolver.close()); // before the layer is checked for timers
  const locate = async (target: string): Promise<readonly Hop[]> =>
    party.layer.locate(uri(target), 500);
  return {
    server,
    party,
    locate,
    text: async (target: string) => (await locate(target)).map(text),
  };
}

const text = ({ transport, address, port }: Hop): string => `${transport} ${address} ${port}`;

/** It still hears what a peer says. */
async function hears(party: Party): Promise<void> {
  const peer = await open(['udp:127.0.0.1:0']);
  const hop = hopTo(party, 'udp');
  peer.layer.send(options(peer, hop), hop, mustLeave);
  expect((await party.inbox.next()).message.kind).toBe('request');
}

const SRV = '_sip._udp.a.example';
const noRoute = { code: 'NO_ROUTE' };

/** How many questions of one kind a server had. */
const count = ({ asked }: NameServer, type: string): number =>
  asked.filter((one) => one.type === type).length;

describe('T11: a name server that means harm', () => {
  it.each<[string, Says]>([
    [
      'an alias that leads to itself',
      (asked) => [answering(asked, [record.cname(asked.name, asked.name)])],
    ],
    [
      'aliases in a circle',
      (asked) => [
        answering(asked, [
          record.cname(asked.name, 'x.example'),
          record.cname('x.example', 'y.example'),
          record.cname('y.example', asked.name),
        ]),
      ],
    ],
    [
      'a chain of a hundred aliases',
      (asked) => [
        answering(asked, [
          record.cname(asked.name, 'n0.example'),
          ...Array.from({ length: 100 }, (_, n) =>
            record.cname(`n${n}.example`, `n${n + 1}.example`),
          ),
          record.a('n100.example', '192.0.2.1'),
        ]),
      ],
    ],
    ['SRV with port 0', fromTable({ [`SRV ${SRV}`]: [record.srv(SRV, 'one.example', 0)] })],
    ['SRV with the name "."', fromTable({ [`SRV ${SRV}`]: [record.srv(SRV, '.', 5060)] })],
    ['SRV with the host ".1"', fromTable({ [`SRV ${SRV}`]: [record.srv(SRV, '.1', 5060)] })],
    ['SRV with the host "[.1]"', fromTable({ [`SRV ${SRV}`]: [record.srv(SRV, '[.1]', 5060)] })],
    ['SRV that leads to itself', fromTable({ [`SRV ${SRV}`]: [record.srv(SRV, SRV, 5060)] })],
    [
      'broadcast and multicast',
      fromTable({
        'A a.example': [
          record.a('a.example', '255.255.255.255'),
          record.a('a.example', '224.0.0.1'),
        ],
      }),
    ],
    [
      'the address of another name',
      (asked) => [answering(asked, [record.a('b.example', '192.0.2.66')])],
    ],
  ])('leads nowhere by %s', async (_, says) => {
    const { locate, party, server } = await victim(says);
    await expect(locate('sip:a.example')).rejects.toMatchObject(noRoute);
    expect(server.asked.length).toBeLessThanOrEqual(20);
    await hears(party);
  });

  it('is asked twenty questions at most, however its NAPTR records lead on', async () => {
    const { locate, party, server } = await victim((asked) => [
      asked.type === 'NAPTR'
        ? answering(
            asked,
            Array.from({ length: 30 }, (_, n) => record.naptr(asked.name, 'SIP+D2U', `_n${n}.a`)),
          )
        : answering(
            asked,
            asked.type === 'SRV'
              ? Array.from({ length: 12 }, (_, n) => record.srv(asked.name, `n${n}.a`, 5060))
              : [],
          ),
    ]);
    await expect(locate('sip:a.example')).rejects.toMatchObject(noRoute);
    expect(server.asked.length).toBeLessThanOrEqual(20);
    await hears(party);
  });

  it('may answer with a thousand records, and is asked about a few of them', async () => {
    const thousand = Array.from({ length: 1000 }, (_, n) =>
      record.srv(SRV, `n${n}.a.example`, 5060),
    );
    const { locate, party, server } = await victim((asked) => {
      if (asked.type !== 'SRV') return [answering(asked, [record.a(asked.name, '192.0.2.1')])];
      return [
        asked.by === 'udp' ? answering(asked, [], { flags: 0x380 }) : answering(asked, thousand),
      ];
    });
    expect(await locate('sip:a.example;transport=udp')).toHaveLength(16);
    expect(count(server, 'A')).toBe(16);
    await hears(party);
  });

  it('may cut its answer off by UDP and by TCP, and is believed neither way', async () => {
    const { locate, party } = await victim((asked) => [
      answering(asked, [record.a(asked.name, '192.0.2.66')], { flags: 0x380 }),
    ]);
    await expect(locate('sip:a.example:5060')).rejects.toMatchObject(noRoute);
    await hears(party);
  });

  it('may end its answer by TCP in the middle', async () => {
    const { locate, party } = await victim((asked) => [
      asked.by === 'udp' ? answering(asked, [], { flags: 0x380 }) : Buffer.from([0xff]),
    ]);
    await expect(locate('sip:a.example:5060')).rejects.toMatchObject(noRoute);
    await hears(party);
  });

  it('draws among records of weight 0 alike, and has them seldom beside others', async () => {
    const first = async (weights: readonly number[], tries: number): Promise<number[]> => {
      const records = weights.map((weight, n) =>
        record.srv(SRV, `192.0.2.${n + 1}`, 5060, { weight }),
      );
      const { locate } = await victim(fromTable({ [`SRV ${SRV}`]: records }));
      const drawn = weights.map(() => 0);
      for (let left = tries; left > 0; left--) {
        const [hop] = await locate('sip:a.example;transport=udp');
        const index = Number(hop?.address.split('.')[3]) - 1;
        drawn[index] = (drawn[index] ?? 0) + 1;
      }
      return drawn;
    };
    for (const times of await first([0, 0, 0], 300)) expect(times).toBeGreaterThan(50);
    const [rare = 0, usual = 0] = await first([0, 99], 300);
    expect(usual).toBeGreaterThan(260);
    expect(rare + usual).toBe(300);
  });

  it('has five seconds in all, however slow it is', async () => {
    const clock = new VirtualClock();
    const { locate, party, server } = await victim(() => [], { clock });
    const located = expect(locate('sip:a.example')).rejects.toMatchObject({
      ...noRoute,
      recovery: { kind: 'retry' },
    });
    await until(() => server.asked.length === 1);
    clock.advance(5000);
    await located;
    await hears(party);
  });

  it('is not asked again what does not exist, for as long as it says', async () => {
    const clock = new VirtualClock();
    const { locate, server } = await victim(
      (asked) => [answering(asked, [], { flags: 0x183, authorities: [record.soa('example', 40)] })],
      { clock },
    );
    const ask = () => expect(locate('sip:a.example:5060')).rejects.toMatchObject(noRoute);
    await ask();
    clock.advance(39_999);
    await ask();
    expect(server.asked).toHaveLength(1);
    clock.advance(1);
    await ask();
    expect(server.asked).toHaveLength(2);
  });

  it('cannot say "there is none" for longer than five minutes', async () => {
    const clock = new VirtualClock();
    const { locate, server } = await victim(
      (asked) => [
        answering(asked, [], { flags: 0x183, authorities: [record.soa('example', 1e9, 1e9)] }),
      ],
      { clock },
    );
    const ask = () => expect(locate('sip:a.example:5060')).rejects.toMatchObject(noRoute);
    await ask();
    clock.advance(300_000);
    await ask();
    expect(server.asked).toHaveLength(2);
  });

  it('is not believed where another answers in its place', async () => {
    const { text: located, party } = await victim((asked) => [
      answering(asked, [record.a(asked.name, '192.0.2.66')], { id: asked.id ^ 1 }),
      {
        ...answering(asked, [record.a('b.example', '192.0.2.66')]),
        questions: [{ type: 'A', name: 'b.example' }],
      },
      answering(asked, [record.a(asked.name, '192.0.2.1')]),
    ]);
    expect(await located('sip:a.example:5060')).toEqual(['udp 192.0.2.1 5060']);
    await hears(party);
  });

  it('that dies is not missed by who knew its answers (RFC 8767)', async () => {
    const clock = new VirtualClock();
    const { text: located, server } = await victim(
      (asked) => [answering(asked, [record.a(asked.name, '192.0.2.1', 10)])],
      { clock },
    );
    expect(await located('sip:a.example:5060')).toEqual(['udp 192.0.2.1 5060']);
    server.says = (asked) => [answering(asked, [], { flags: 0x182 })];
    clock.advance(3_600_000);
    expect(await located('sip:a.example:5060')).toEqual(['udp 192.0.2.1 5060']);
    clock.advance(86_400_000);
    await expect(located('sip:a.example:5060')).rejects.toMatchObject(noRoute);
  });

  it('that answers one family only does not hold up the other for long', async () => {
    const clock = new VirtualClock();
    const server = await nameServer((asked) =>
      asked.type === 'AAAA' ? [] : [answering(asked, [record.a(asked.name, '192.0.2.1')])],
    );
    const runtime = { ...nodeRuntime(), clock };
    const resolver = new NameServers({ runtime, servers: [server.at] });
    const { layer } = await open(['udp:[::1]:0', 'udp:127.0.0.1:0'], {
      runtime,
      resolver,
      limits: { dnsGraceMs: 300 },
    });
    onTestFinished(() => resolver.close());
    const located = layer.locate(uri('sip:a.example:5060'), 500);
    let hops: readonly Hop[] | undefined;
    void Promise.resolve(located).then((found) => (hops = found));
    await until(() => {
      if (server.asked.length === 2) clock.advance(10);
      return hops !== undefined;
    });
    expect(hops?.map(text)).toEqual(['udp 192.0.2.1 5060']);
    expect(clock.now()).toBeLessThan(1000); // and not the five seconds that the other may take
  });
});
