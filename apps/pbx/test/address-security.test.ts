import { describe, expect, it } from 'vitest';
import type { DnsResolver } from '@strowger/sip-transport';
import { byUdp, isAlive, request, serve, type Server } from './server.ts';

const SDP = (address: string): string =>
  [
    'v=0',
    `o=- 1 1 IN IP4 127.0.0.1`,
    's=-',
    `c=IN IP${address.includes(':') ? 6 : 4} ${address}`,
    't=0 0',
    'm=audio 40000 RTP/AVP 0',
    '',
  ].join('\r\n');

/** Names that lead where nobody should be led. */
function resolver(addresses: Readonly<Record<string, string>>): DnsResolver & { asked: string[] } {
  const asked: string[] = [];
  const none = async (): Promise<{ records: never[]; ttlMs: number }> => ({
    records: [],
    ttlMs: 1000,
  });
  const of = (family: 4 | 6) => async (name: string) => {
    asked.push(name);
    const address = addresses[name];
    const isFit = address !== undefined && address.includes(':') === (family === 6);
    return { records: isFit ? [address] : [], ttlMs: 1000 };
  };
  return { asked, naptr: none, srv: none, a: of(4), aaaa: of(6) };
}

/** The final status of a call to bob, who is bound there. */
async function call(server: Server, body?: string): Promise<number> {
  const caller = await byUdp(server);
  const headers = body === undefined ? {} : { 'Content-Type': 'application/sdp' };
  caller.send(
    request({
      method: 'INVITE',
      uri: 'sip:bob@pbx.example',
      headers,
      port: caller.port,
      ...(body === undefined ? {} : { body }),
    }),
  );
  while (!caller.answers.some(({ status }) => status >= 200)) await caller.settled();
  return caller.answers.at(-1)?.status ?? 0;
}

describe('T05: a Via that points at others', () => {
  const elsewhere = '127.0.0.6';

  it.each([
    ['sent-by', `SIP/2.0/UDP ${elsewhere}:PORT;branch=z9hG4bKx`],
    ['sent-by, with rport', `SIP/2.0/UDP ${elsewhere}:PORT;branch=z9hG4bKx;rport`],
    ['maddr', `SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKx;maddr=${elsewhere}`],
    ['received', `SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKx;received=${elsewhere}`],
    ['rport', `SIP/2.0/UDP 127.0.0.1:5;branch=z9hG4bKx;received=${elsewhere};rport=PORT`],
    ['ttl', `SIP/2.0/UDP 224.0.1.75:PORT;branch=z9hG4bKx;ttl=255`],
    ['everybody', `SIP/2.0/UDP 255.255.255.255:PORT;branch=z9hG4bKx;maddr=255.255.255.255`],
  ])('%s: the answer goes to the packet\u2019s source address and port', async (_, template) => {
    const server = await serve();
    const victim = await byUdp(server, elsewhere);
    const sender = await byUdp(server);
    const Via = template.replace('PORT', String(victim.port));
    sender.send(request({ headers: { Via } }));
    sender.send(request({ headers: { Via, From: '<<' } }));
    await sender.settled();
    expect(sender.answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(victim.packets).toEqual([]);
  });

  it('a response whose top Via is not ours is dropped', async () => {
    const server = await serve();
    const sender = await byUdp(server);
    const { received } = server.transport.metrics;
    sender.send(
      request({ method: 'OPTIONS' })
        .replace(/^OPTIONS .*\r\n/, 'SIP/2.0 200 OK\r\n')
        .replace(/^Contact: .*\r\n/m, ''),
    );
    await sender.settled();
    const { droppedStrayResponses } = server.transport.metrics;
    expect(droppedStrayResponses).toBe(1);
    expect(server.transport.metrics.received - received).toBe(3); // who asked whether it lives
  });
});

const DENIED = [
  '0.0.0.0',
  '[::]',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '127.0.0.1',
  '169.254.169.254',
  '10.0.0.1',
  '192.168.1.1',
  '[fe80::1]',
];
const NO_ADDRESSES = ['127.1', '0x7f.1', '2130706433', '0177.0.0.1'];

describe('T06, T07: requests to addresses that are denied at a public edge', () => {
  const at = async (contact: string, dns = resolver({})): Promise<Server> =>
    serve({
      publicAccess: ['bob'],
      bindings: { bob: contact },
      transport: {
        listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'udp:[::1]:0'],
        addresses: { edge: 'public' },
        resolver: dns,
      },
    });
  const requestsTo = async (server: Server): Promise<number> => {
    const answered = server.transport.metrics.sent;
    const status = await call(server);
    expect(status).toBeGreaterThanOrEqual(400);
    return server.transport.metrics.sent - answered;
  };

  it.each([...DENIED, '255.255.255.255', '224.0.0.1', '[ff02::1]', 'localhost', 'localhost.'])(
    'no call goes to a contact at %s',
    async (host) => {
      const server = await at(`sip:bob@${host}:5999`);
      // 100 and the refusal to the caller, and whether it lives
      expect(await requestsTo(server)).toBeLessThanOrEqual(5);
      expect(server.engine.counts().calls).toBe(0);
    },
  );

  it.each(DENIED)('nor to a name that leads to %s', async (host) => {
    const dns = resolver({ 'evil.example': host.replace(/^\[|\]$/g, '') });
    const server = await at('sip:bob@evil.example', dns);
    expect(await requestsTo(server)).toBeLessThanOrEqual(5);
    expect(dns.asked).toContain('evil.example');
  });

  it.each(NO_ADDRESSES)('%s is a name, and no short form of an address', async (host) => {
    const dns = resolver({});
    const server = await at(`sip:bob@${host}`, dns);
    expect(await requestsTo(server)).toBeLessThanOrEqual(5);
    expect(dns.asked.every((name) => name === host)).toBe(true);
  });
});

describe('T07: media to addresses that are denied at a public edge', () => {
  const at = (): Promise<Server> => serve({ media: { remotes: { edge: 'public' } } });

  it.each([
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '169.254.169.254',
    '255.255.255.255',
    '224.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    'localhost.',
  ])('a description that names %s is refused, and holds no port', async (address) => {
    const server = await at();
    const caller = await byUdp(server);
    caller.send(
      request({
        method: 'INVITE',
        uri: 'sip:*43@pbx.example',
        headers: { 'Content-Type': 'application/sdp' },
        port: caller.port,
        body: SDP(address),
      }),
    );
    while (!caller.answers.some(({ status }) => status >= 200)) await caller.settled();
    expect([400, 488]).toContain(caller.answers.at(-1)?.status);
    await isAlive(server);
    expect(server.engine.counts()).toMatchObject({ calls: 0, ports: 0 });
  });

  it('0.0.0.0 means hold', async () => {
    const server = await at();
    const caller = await byUdp(server);
    const headers = { 'Content-Type': 'application/sdp' };
    const uri = 'sip:*43@pbx.example';
    caller.send(
      request({ method: 'INVITE', uri, headers, port: caller.port, body: SDP('0.0.0.0') }),
    );
    while (!caller.answers.some(({ status }) => status >= 200)) await caller.settled();
    expect(caller.answers.at(-1)?.status).toBe(200);
  });
});
