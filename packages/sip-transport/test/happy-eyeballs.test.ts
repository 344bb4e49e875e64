import { once } from 'node:events';
import { uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import { FakeDns, srv, type Zone } from './fake-dns.ts';
import { hopTo, mustLeave, open, options, rawTcpServer, until } from './loopback.ts';

const BOTH = ['tcp:[::1]:0', 'tcp:127.0.0.1:0', 'udp:127.0.0.1:0'];
const dual: Zone = { a: { 'a.example': ['127.0.0.1'] }, aaaa: { 'a.example': ['::1'] } };

/** Listeners on one port of both families: where another has the second, on the next port. */
async function onBothFamilies() {
  for (;;) {
    const six = await open(['tcp:[::1]:0']);
    const { port } = hopTo(six, 'tcp');
    const four = await open([`tcp:127.0.0.1:${port}`]).catch(() => undefined);
    if (four !== undefined) return { port, four };
  }
}

describe('a name with addresses of both families, over a stream (RFC 8305, RFC 7984)', () => {
  it('is reached by the one that takes the connection, and the message uses it', async () => {
    const bob = await open(['tcp:127.0.0.1:0']);
    const { port } = hopTo(bob, 'tcp');
    const alice = await open(BOTH, { resolver: new FakeDns(dual) });
    const target = uri(`sip:a.example:${port};transport=tcp`);
    const [first, second, ...more] = await alice.layer.locate(target, 400);
    expect([first?.address, second?.address, more]).toEqual(['127.0.0.1', '::1', []]);
    if (first === undefined) throw new Error('there is a hop');
    alice.layer.send(options(alice, first), first, mustLeave);
    expect((await bob.inbox.next()).message.kind).toBe('request');
    await until(() => alice.layer.counts().connections === 1);
    expect(alice.layer.metrics.connectionsOpened).toBe(1);
  });

  it('is reached by the preferred family where both take it, and the other is let go', async () => {
    const { port, four } = await onBothFamilies();
    const alice = await open(BOTH, { resolver: new FakeDns(dual) });
    const target = uri(`sip:a.example:${port};transport=tcp`);
    const [first] = await alice.layer.locate(target, 400);
    expect(first?.address).toBe('::1');
    expect(four.layer.counts().connections).toBe(0);
  });

  it('stays with the connection that is open', async () => {
    const { port } = await onBothFamilies();
    const dns = new FakeDns({ ...dual, aaaa: {}, ttlMs: 0 });
    const alice = await open(BOTH, { resolver: dns });
    const target = uri(`sip:a.example:${port};transport=tcp`);
    const [only] = await alice.layer.locate(target, 400);
    if (only === undefined) throw new Error('there is a hop');
    alice.layer.send(options(alice, only), only, mustLeave);
    await until(() => alice.layer.metrics.connectionsOpened === 1);
    dns.zone = dual;
    const hops = await alice.layer.locate(target, 400);
    expect(hops.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    expect(alice.layer.metrics.connectionsOpened).toBe(1);
  });

  it('races once for all who want it at the same time', async () => {
    const bob = await open(['tcp:127.0.0.1:0']);
    const { port } = hopTo(bob, 'tcp');
    const alice = await open(BOTH, { resolver: new FakeDns(dual) });
    const target = uri(`sip:a.example:${port};transport=tcp`);
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => alice.layer.locate(target, 400)),
    );
    expect(all.every(([first]) => first?.address === '127.0.0.1')).toBe(true);
    expect(alice.layer.metrics.connectionsOpened).toBe(1);
  });

  it('keeps the order where nobody takes a connection: the sender finds out', async () => {
    const { server, hop } = await rawTcpServer();
    server.close();
    await once(server, 'close');
    const alice = await open(BOTH, { resolver: new FakeDns(dual) });
    const target = uri(`sip:a.example:${hop.port};transport=tcp`);
    const hops = await alice.layer.locate(target, 400);
    expect(hops.map(({ address }) => address)).toEqual(['::1', '127.0.0.1']);
    const failed = await new Promise<string>((resolve) => {
      const [first] = hops;
      if (first !== undefined) {
        alice.layer.send(options(alice, first), first, ({ code }) => resolve(code));
      }
    });
    expect(failed).toBe('CONNECT_FAILED');
  });

  it('does not race the servers of a domain against each other: DNS has put them in order', async () => {
    const bob = await open(['tcp:127.0.0.1:0']);
    const { port } = hopTo(bob, 'tcp');
    const { hop } = await rawTcpServer('127.0.0.1');
    const zone: Zone = {
      srv: {
        '_sip._tcp.a.example': [
          srv(1, 0, hop.port, 'one.a.example'),
          srv(2, 0, port, 'two.a.example'),
        ],
      },
      a: { 'one.a.example': ['127.0.0.1'], 'two.a.example': ['127.0.0.1'] },
    };
    const alice = await open(BOTH, { resolver: new FakeDns(zone) });
    const hops = await alice.layer.locate(uri('sip:a.example;transport=tcp'), 400);
    expect(hops.map((one) => one.port)).toEqual([hop.port, port]);
    expect(alice.layer.counts().connections).toBe(0);
  });
});
