import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { nodeRuntime } from '@strowger/runtime';
import { createResponse, SipRequest, uri } from '@strowger/sip-message';
import {
  type Hop,
  NameServers,
  TransportLayer,
  type TransportLayerOptions,
} from '@strowger/sip-transport';
import { TransactionLayer } from '@strowger/transaction-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Dnsmasq } from './dnsmasq.ts';
import { describeWithPeers, until, workFolder } from './lab.ts';

describeWithPeers(['dnsmasq', 'openssl'], 'a real name server', () => {
  const folder = workFolder('name-server');
  const dns = new Dnsmasq(folder, 5354);
  const open: { close(): unknown }[] = [];
  let authority: string;

  beforeAll(() => {
    authority = makeAuthority(folder);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });
  afterAll(() => dns.stop());

  /** A server that answers everything with one status. */
  async function server(
    listen: TransportLayerOptions['listen'],
    status = 200,
    tls: TransportLayerOptions['tls'] = {},
  ) {
    const heard: string[] = [];
    const layer: TransportLayer = new TransportLayer({
      runtime: nodeRuntime(),
      listen,
      tls,
      onMessage: ({ message, hop }) => {
        if (message.kind !== 'request') return;
        heard.push(`${message.method} ${hop.transport}`);
        layer.send(createResponse(message, status), hop, () => {});
      },
    });
    open.push(layer);
    await layer.start();
    return { heard };
  }

  /** A user agent that knows nothing but the name server. */
  async function caller(over: Partial<TransportLayerOptions> = {}) {
    const runtime = nodeRuntime();
    const resolver = new NameServers({ runtime, servers: [dns.at] });
    const transport: TransportLayer = new TransportLayer({
      runtime,
      listen: ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', 'udp:[::1]:0', 'tcp:[::1]:0'],
      resolver,
      onMessage: (inbound) => transactions.receive(inbound),
      ...over,
    });
    const transactions = new TransactionLayer({
      runtime,
      sender: transport,
      timers: { t1Ms: 40 }, // a silent server is given up after 2.6 s
      user: { onRequest() {}, onAck() {}, onStrayResponse() {} },
    });
    open.push({
      close: async () => {
        transactions.close();
        resolver.close();
        await transport.close();
      },
    });
    await transport.start();
    let calls = 0;
    const call = (target: string) =>
      new Promise<{ outcome: number | string; hop: Hop | undefined }>((resolve) => {
        const request = requestTo(target, ++calls);
        const transaction = transactions.request(request, {
          onResponse: ({ status }) => resolve({ outcome: status, hop: transaction.hop }),
          onTimeout: () => resolve({ outcome: 'timeout', hop: transaction.hop }),
          onTransportError: ({ code }) => resolve({ outcome: code, hop: transaction.hop }),
        });
      });
    const hops = async (target: string): Promise<string[]> =>
      (await transport.locate(uri(target), 400)).map(
        ({ transport: name, address, port }) => `${name} ${address} ${port}`,
      );
    return { call, hops, transport };
  }

  it('says by NAPTR that TCP is preferred, and by SRV where its servers are', async () => {
    await dns.serve([
      'naptr-record=a.test,20,50,s,SIP+D2U,,_sip._udp.a.test',
      'naptr-record=a.test,10,50,s,SIP+D2T,,_sip._tcp.a.test',
      'srv-host=_sip._tcp.a.test,one.a.test,5671,10,0',
      'srv-host=_sip._udp.a.test,one.a.test,5672,10,0',
      'host-record=one.a.test,127.0.0.1',
    ]);
    const tcp = await server(['tcp:127.0.0.1:5671']);
    const alice = await caller();
    expect(await alice.hops('sip:a.test')).toEqual(['tcp 127.0.0.1 5671', 'udp 127.0.0.1 5672']);
    expect((await alice.call('sip:bob@a.test')).outcome).toBe(200);
    expect(tcp.heard).toEqual(['OPTIONS tcp']);
    expect(await alice.hops('sip:a.test;transport=udp')).toEqual(['udp 127.0.0.1 5672']);
  });

  it('puts servers in order by priority, and among equals by weight', async () => {
    await dns.serve([
      'srv-host=_sip._udp.a.test,one.a.test,5671,10,75',
      'srv-host=_sip._udp.a.test,two.a.test,5672,10,25',
      'srv-host=_sip._udp.a.test,last.a.test,5673,20,100',
      'host-record=one.a.test,two.a.test,last.a.test,127.0.0.1',
    ]);
    const alice = await caller();
    const first = new Map<string, number>();
    for (let count = 0; count < 400; count++) {
      const hops = await alice.hops('sip:a.test;transport=udp');
      expect(hops.at(-1)).toBe('udp 127.0.0.1 5673');
      first.set(hops[0] ?? '', (first.get(hops[0] ?? '') ?? 0) + 1);
    }
    // 300 of 400 are to be expected; five standard deviations are 43
    expect(first.get('udp 127.0.0.1 5671')).toBeGreaterThan(256);
    expect(first.get('udp 127.0.0.1 5671')).toBeLessThan(344);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['refuses the connection', 'tcp', async () => {}],
    ['takes the connection and hangs up', 'tcp', async () => open.push(await hangsUp(5671))],
    ['is silent', 'udp', async () => {}],
    ['answers 503', 'udp', async () => server(['udp:127.0.0.1:5671'], 503)],
  ])('has another server where the first %s', async (_, transport, dead) => {
    await dns.serve([
      `srv-host=_sip._${transport}.a.test,one.a.test,5671,10,0`,
      `srv-host=_sip._${transport}.a.test,two.a.test,5672,20,0`,
      'host-record=one.a.test,two.a.test,127.0.0.1',
    ]);
    await dead();
    const second = await server([`${transport}:127.0.0.1:5672`]);
    const alice = await caller({ limits: { targetFailures: 1 } });
    const { outcome, hop } = await alice.call(`sip:bob@a.test;transport=${transport}`);
    expect([outcome, hop?.port]).toEqual([200, 5672]);
    expect(second.heard).toEqual([`OPTIONS ${transport}`]);
    const later = await alice.hops(`sip:a.test;transport=${transport}`);
    expect(later[0]).toBe(`${transport} 127.0.0.1 5672`);
  });

  it('is asked again when its answer has lived', async () => {
    const records = (port: number): string[] => [
      `srv-host=_sip._udp.a.test,one.a.test,${port},10,0`,
      'host-record=one.a.test,127.0.0.1,1',
    ];
    await dns.serve(records(5671));
    const alice = await caller();
    expect(await alice.hops('sip:a.test;transport=udp')).toEqual(['udp 127.0.0.1 5671']);
    await dns.serve(records(5672));
    await until('the new record', async () => {
      const [first] = await alice.hops('sip:a.test;transport=udp');
      return first === 'udp 127.0.0.1 5672' ? true : undefined;
    });
  });

  it('leads to IPv6, and over TCP to the family that is served', async () => {
    await dns.serve(['host-record=six.test,::1', 'host-record=both.test,127.0.0.1,::1']);
    await server(['udp:[::1]:5671', 'tcp:[::1]:5671']);
    const alice = await caller();
    const six = await alice.call('sip:bob@six.test:5671');
    expect([six.outcome, six.hop?.address]).toEqual([200, '::1']);
    const both = await alice.call('sip:bob@both.test:5671;transport=tcp');
    expect([both.outcome, both.hop?.address]).toEqual([200, '::1']);
  });

  it('leads sips to TLS alone, to who proves the name of the domain and not of the server', async () => {
    await dns.serve(
      ['good', 'bad']
        .flatMap((domain) => [
          `srv-host=_sip._udp.${domain}.test,host.example.test,5671,10,0`,
          `srv-host=_sips._tcp.${domain}.test,host.example.test,5673,10,0`,
        ])
        .concat('host-record=host.example.test,127.0.0.1'),
    );
    const certificates = issue(folder, 'good.test');
    const secure = await server(['tls:127.0.0.1:5673'], 200, { certificates });
    const plain = await server(['udp:127.0.0.1:5671']);
    const alice = await caller({
      listen: [
        'udp:127.0.0.1:0',
        { transport: 'tls', address: '127.0.0.1', port: 0, clientOnly: true },
      ],
      tls: { authorities: [authority] },
    });
    expect((await alice.call('sips:bob@good.test')).outcome).toBe(200);
    expect((await alice.call('sips:bob@bad.test')).outcome).toBe('CERTIFICATE_REFUSED');
    expect([secure.heard, plain.heard]).toEqual([['OPTIONS tls'], []]);
  });
});

/** Takes connections, and no message. */
function hangsUp(port: number): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

function requestTo(target: string, count: number): SipRequest {
  return new SipRequest({
    method: 'OPTIONS',
    uri: uri(target),
    headers: [
      ['From', '<sip:alice@alice.test>;tag=a1'],
      ['To', `<${target}>`],
      ['Call-ID', `call-${count}`],
      ['CSeq', '1 OPTIONS'],
      ['Max-Forwards', 70],
    ],
  });
}

function makeAuthority(folder: string): string {
  const files = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem')];
  openssl(['req', '-x509', ...ecKey, ...files, '-subj', '/CN=Test', '-days', '1']);
  return readFileSync(join(folder, 'ca.pem'), 'utf8');
}

function issue(folder: string, domain: string): { certificate: string; key: string }[] {
  const at = (file: string): string => join(folder, `${domain}.${file}`);
  const signer = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key')];
  const names = ['-subj', '/O=Test', '-addext', `subjectAltName=DNS:${domain}`];
  const files = ['-keyout', at('key'), '-out', at('pem')];
  openssl(['req', '-x509', ...ecKey, ...files, ...signer, ...names, '-days', '1']);
  return [{ certificate: readFileSync(at('pem'), 'utf8'), key: readFileSync(at('key'), 'utf8') }];
}

const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
