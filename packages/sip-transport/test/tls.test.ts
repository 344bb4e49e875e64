import { once } from 'node:events';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { createResponse, type SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultLimits, type Hop, type TlsSettings, type TransportLimits } from '../src/index.ts';
import { Authority } from './certificates.ts';
import { FakeDns, naptr, srv } from './fake-dns.ts';
import {
  failure,
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  type Party,
  rawTcp,
  rawTcpServer,
  strangers,
  until,
} from './loopback.ts';

const authority = new Authority();
const authorities = [authority.certificate];
const numeric = authority.issue({ alternatives: 'IP:127.0.0.1,IP:::1' });
const bobs = authority.issue({ alternatives: 'URI:sip:bob.example,DNS:bob.example' });
const alices = authority.issue({ alternatives: 'DNS:alice.example' });
const VIA = 'SIP/2.0/TLS 127.0.0.1:5099;branch=z9hG4bKraw';
const CLIENT = [{ transport: 'tls', address: '127.0.0.1', port: 0, clientOnly: true }] as const;

const server = (tls: TlsSettings, limits: Partial<TransportLimits> = {}): Promise<Party> =>
  open(['tls:127.0.0.1:0'], { tls: { authorities, ...tls }, limits });
const client = (tls: TlsSettings = {}): Promise<Party> =>
  open(CLIENT, { tls: { authorities, ...tls } });
const named = (party: Party, host: string): Hop => ({ ...hopTo(party, 'tls'), host });

/** A raw TLS peer, destroyed when the test ends. */
function rawTls({ port }: Hop, over: ConnectionOptions = {}) {
  const socket = connectTls({ host: '127.0.0.1', port, ca: authorities, ...over });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {}); // a refusal is an ending like any other here
  return { socket, closed: new Promise((resolve) => socket.once('close', resolve)) };
}

/** The common story: alice asks, bob answers. */
async function exchange(alice: Party, bob: Party, hop: Hop, callId: string) {
  alice.layer.send(options(alice, hop, '', callId), hop, mustLeave);
  const inbound = await bob.inbox.next();
  // a request by its kind: it came as one
  bob.layer.send(createResponse(inbound.message as SipRequest, 200), inbound.hop, mustLeave);
  const answer = await alice.inbox.next();
  expect(answer.message.callId).toBe(callId);
  return { inbound, answer };
}

describe.each(['127.0.0.1', '[::1]'])('SIP over TLS on %s', (host) => {
  it('carries requests and answers over one connection', async () => {
    const tls = { authorities, certificates: [numeric] };
    const alice = await open([`tls:${host}:0`], { tls });
    const bob = await open([`tls:${host}:0`], { tls });
    for (const callId of ['one', 'two', 'three']) {
      await exchange(alice, bob, hopTo(bob, 'tls'), callId);
    }
    expect(bob.layer.metrics).toMatchObject({ connectionsAccepted: 1, connectionsOpened: 0 });
    expect(alice.layer.metrics).toMatchObject({ connectionsOpened: 1 });
  });
});

describe('who a TLS peer is (RFC 5922)', () => {
  it('is told with what it sends, on both sides, where both have certificates', async () => {
    const alice = await client({ certificates: [alices] });
    const bob = await server({ certificates: [bobs], clientCertificates: 'required' });
    const { inbound, answer } = await exchange(alice, bob, named(bob, 'bob.example'), 'mutual');
    expect(inbound.peer?.domains).toEqual(['alice.example']);
    expect(answer.peer?.domains).toEqual(['bob.example']);
  });

  it('is unknown where no certificate was asked for, or none was shown', async () => {
    for (const clientCertificates of ['none', 'optional'] as const) {
      const alice = await client();
      const bob = await server({ certificates: [bobs], clientCertificates });
      const { inbound } = await exchange(alice, bob, named(bob, 'bob.example'), clientCertificates);
      expect(inbound).not.toHaveProperty('peer');
    }
  });

  it('is unknown where its certificate leads to nobody whom we trust', async () => {
    const stranger = new Authority('Stranger').issue({ alternatives: 'DNS:alice.example' });
    const alice = await client({ certificates: [stranger] });
    const bob = await server({ certificates: [bobs], clientCertificates: 'optional' });
    const { inbound } = await exchange(alice, bob, named(bob, 'bob.example'), 'stranger');
    expect(inbound.peer).toBe(undefined);
  });

  it('has to be known where a certificate is required', async () => {
    const bob = await server({ certificates: [bobs], clientCertificates: 'required' });
    const stranger = new Authority('Stranger').issue({ alternatives: 'DNS:alice.example' });
    for (const mine of [{}, { cert: stranger.certificate, key: stranger.key }]) {
      const raw = rawTls(hopTo(bob, 'tls'), { servername: 'bob.example', ...mine });
      raw.socket.on('secureConnect', () => raw.socket.write(optionsText(VIA)));
      await raw.closed;
    }
    expect(bob.inbox.all).toEqual([]);
    await until(() => bob.layer.metrics.handshakesFailed === 2);
  });

  it.each([
    ['another name', authority.issue({ alternatives: 'DNS:mallory.example' })],
    ['a wildcard', authority.issue({ alternatives: 'DNS:*.example' })],
    ['a user', authority.issue({ alternatives: 'URI:sip:bob@bob.example' })],
    [
      'a common name beside alternative names',
      authority.issue({ name: 'bob.example', alternatives: 'DNS:x.example' }),
    ],
    [
      'the right name from nobody whom we trust',
      new Authority('Stranger').issue({ alternatives: 'DNS:bob.example' }),
    ],
  ])('is refused with a certificate for %s', async (_, certificate) => {
    const alice = await client();
    const bob = await server({ certificates: [certificate] });
    const hop = named(bob, 'bob.example');
    expect((await failure(alice, options(alice, hop), hop)).code).toBe('CERTIFICATE_REFUSED');
    expect(bob.inbox.all).toEqual([]);
  });

  it('may be in the common name where there is no other', async () => {
    const bob = await server({ certificates: [authority.issue({ name: 'bob.example' })] });
    const { answer } = await exchange(await client(), bob, named(bob, 'bob.example'), 'cn');
    expect(answer.peer?.domains).toEqual(['bob.example']);
  });

  it('has to be an address in the certificate where the hop has no name', async () => {
    const bob = await server({ certificates: [bobs] });
    const alice = await client();
    const hop = hopTo(bob, 'tls');
    expect((await failure(alice, options(alice, hop), hop)).code).toBe('CERTIFICATE_REFUSED');
  });
});

describe('T09: a TLS connection', () => {
  it('is not used for another name at its address and port', async () => {
    const both = authority.issue({ alternatives: 'DNS:other.example' });
    const bob = await server({ certificates: [bobs, both] });
    const alice = await client();
    await exchange(alice, bob, named(bob, 'bob.example'), 'first');
    await exchange(alice, bob, named(bob, 'other.example'), 'other');
    await exchange(alice, bob, named(bob, 'bob.example'), 'again');
    expect(alice.layer.metrics.connectionsOpened).toBe(2);
    const hop = named(bob, 'mallory.example');
    expect((await failure(alice, options(alice, hop), hop)).code).toBe('CERTIFICATE_REFUSED');
  });

  it('is used for another name that its peer has proven, too', async () => {
    const wide = authority.issue({ alternatives: 'DNS:bob.example,DNS:other.example' });
    const bob = await server({ certificates: [wide] });
    const alice = await client();
    await exchange(alice, bob, named(bob, 'bob.example'), 'first');
    await exchange(alice, bob, named(bob, 'other.example'), 'other');
    expect(alice.layer.metrics.connectionsOpened).toBe(1);
  });

  it('survives peers that leave in the middle of the handshake', async () => {
    const bob = await server({ certificates: [bobs] });
    for (const bytes of ['', '\x16\x03\x01', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03']) {
      const raw = await rawTcp(hopTo(bob, 'tls'));
      raw.socket.end(Buffer.from(bytes, 'latin1'));
      await raw.closed;
    }
    await until(() => bob.layer.counts().connections === 0);
    expect(bob.layer.metrics.handshakesFailed).toBe(3);
    await exchange(await client(), bob, named(bob, 'bob.example'), 'after');
  });

  it('is not made with a peer that speaks plainly', async () => {
    const bob = await server({ certificates: [bobs] });
    const raw = await rawTcp(hopTo(bob, 'tls'));
    raw.socket.write(optionsText(VIA));
    await raw.closed;
    expect(bob.inbox.all).toEqual([]);
  });

  it('is not made below TLS 1.2', async () => {
    const bob = await server({ certificates: [bobs] });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
    const raw = rawTls(hopTo(bob, 'tls'), { servername: 'bob.example', ...old });
    const opened = once(raw.socket, 'secureConnect').then(() => 'opened');
    expect(
      await Promise.race([opened.catch(() => 'refused'), raw.closed.then(() => 'refused')]),
    ).toBe('refused');
  });
});

describe('a server with several certificates', () => {
  it('shows the one for the name that the peer asks for, else the first', async () => {
    const other = authority.issue({ alternatives: 'URI:sip:other.example' });
    const bob = await server({ certificates: [bobs, other] });
    const shown = async (servername?: string): Promise<string | undefined> => {
      const over = servername === undefined ? {} : { servername };
      const { socket } = rawTls(hopTo(bob, 'tls'), {
        ...over,
        checkServerIdentity: () => undefined,
      });
      await once(socket, 'secureConnect');
      return socket.getPeerX509Certificate()?.subjectAltName;
    };
    expect(await shown('other.example')).toContain('other.example');
    expect(await shown('bob.example')).toContain('bob.example');
    expect(await shown('unknown.example')).toContain('bob.example');
    expect(await shown()).toContain('bob.example');
  });
});

describe('certificates that are replaced', () => {
  it('are for later connections; those that are open live on', async () => {
    const bob = await server({ certificates: [bobs] });
    const [early, late] = [await client(), await client()];
    const hop = named(bob, 'bob.example');
    const before = await exchange(early, bob, hop, 'before');
    const renewed = authority.issue({ alternatives: 'URI:sip:bob.example' });
    bob.layer.reloadCertificates({ certificates: [renewed], authorities });
    const still = await exchange(early, bob, hop, 'still');
    expect(still.answer.hop.flow).toBe(before.answer.hop.flow);
    expect(still.answer.peer?.fingerprint).toBe(before.answer.peer?.fingerprint);
    const after = await exchange(late, bob, hop, 'after');
    expect(after.answer.peer?.fingerprint).not.toBe(before.answer.peer?.fingerprint);
  });

  it('include those that a client shows, and whom it trusts', async () => {
    const bob = await server({ certificates: [bobs], clientCertificates: 'required' });
    const alice = await client();
    const hop = named(bob, 'bob.example');
    alice.layer.send(options(alice, hop), hop, () => {}); // TLS 1.3 tells a client only afterwards
    await until(() => bob.layer.metrics.handshakesFailed === 1);
    await until(() => alice.layer.counts().connections === 0);
    alice.layer.reloadCertificates({ certificates: [alices], authorities });
    await exchange(alice, bob, hop, 'now');
    alice.layer.reloadCertificates({ authorities: [new Authority('Other').certificate] });
    const other = await server({ certificates: [bobs] });
    const away = named(other, 'bob.example');
    expect((await failure(alice, options(alice, away), away)).code).toBe('CERTIFICATE_REFUSED');
  });

  it('change nothing where they cannot be used', async () => {
    const bob = await server({ certificates: [bobs] });
    const mixed = { certificate: bobs.certificate, key: alices.key };
    const reload = (certificates: (typeof mixed)[]) => () =>
      bob.layer.reloadCertificates({ certificates, authorities });
    expect(reload([mixed])).toThrow(expect.objectContaining({ code: 'BAD_CERTIFICATE' }));
    expect(reload([])).toThrow(expect.objectContaining({ code: 'BAD_CERTIFICATE' }));
    await exchange(await client(), bob, named(bob, 'bob.example'), 'unchanged');
  });

  it('are needed from the start where others connect', async () => {
    await expect(open(['tls:127.0.0.1:0'])).rejects.toMatchObject({ code: 'BAD_CERTIFICATE' });
  });
});

describe('T01: a handshake', () => {
  const slow = async (limits: Partial<TransportLimits> = {}, over = {}) => {
    const clock = new VirtualClock();
    const runtime = { ...nodeRuntime(), clock };
    const tls = { authorities, certificates: [bobs] };
    const bob = await open(['tls:127.0.0.1:0'], { tls, limits, runtime, ...over });
    return { clock, bob, metrics: bob.layer.metrics };
  };

  it('that is never finished is ended', async () => {
    const { clock, bob, metrics } = await slow();
    const raw = await rawTcp(hopTo(bob, 'tls'));
    await until(() => bob.layer.counts().connections === 1);
    clock.advance(defaultLimits.handshakeMs);
    await raw.closed;
    await until(() => bob.layer.counts().connections === 0);
    expect(metrics).toMatchObject({ slowTimeouts: 1, handshakesFailed: 1, connectionsAccepted: 0 });
  });

  it('takes a place as a connection does', async () => {
    const { bob, metrics } = await slow({ connectionsPerPeer: 1 }, strangers);
    await rawTcp(hopTo(bob, 'tls'));
    await until(() => bob.layer.counts().connections === 1);
    await (await rawTcp(hopTo(bob, 'tls'))).closed;
    expect(metrics.connectionsRefused).toBe(1);
  });

  it('with a server that never answers fails in time', async () => {
    const clock = new VirtualClock();
    const alice = await open(CLIENT, {
      tls: { authorities },
      runtime: { ...nodeRuntime(), clock },
    });
    const { hop, peers } = await rawTcpServer();
    const secure: Hop = { ...hop, transport: 'tls', host: 'bob.example' };
    const failed = failure(alice, options(alice, secure), secure);
    await peers.next();
    clock.advance(defaultLimits.connectTimeoutMs);
    expect((await failed).code).toBe('CONNECT_FAILED');
  });
});

describe('T02: peers that send and reset', () => {
  it('leave nothing behind, over TCP and over TLS', async () => {
    const tls = { authorities, certificates: [numeric] };
    const bob = await open(['tcp:127.0.0.1:0', 'tls:127.0.0.1:0'], { tls });
    const { metrics } = bob.layer;
    const burst = optionsText(VIA).repeat(20);
    for (let round = 0; round < 50; round++) {
      const plain = await rawTcp(hopTo(bob, 'tcp'));
      plain.socket.write(burst, () => plain.socket.resetAndDestroy());
      const secure = rawTls(hopTo(bob, 'tls'));
      secure.socket.on('secureConnect', () => secure.socket.write(burst));
      secure.socket.write(burst, () => secure.socket.destroy());
      await Promise.all([plain.closed, secure.closed]);
    }
    await until(() => metrics.connectionsAccepted + metrics.handshakesFailed === 100);
    await until(() => bob.layer.counts().connections === 0);
    for (const { hop, message } of bob.inbox.all.slice(0, 100)) {
      // a request by its kind: it came as one
      bob.layer.send(createResponse(message as SipRequest, 200), { ...hop, port: 9 }, () => {});
    }
    await until(() => bob.layer.counts().connections === 0);
    expect(bob.layer.counts().waitingBytes).toBe(0);
  });
});

describe('sips (RFC 3261 §26.2.2)', () => {
  const everything = ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', ...CLIENT];
  const zone = {
    naptr: {
      'a.example': [
        naptr(10, 1, 'SIP+D2U', '_sip._udp.a.example'),
        naptr(20, 1, 'SIPS+D2T', '_sips._tcp.a.example'),
      ],
    },
    srv: {
      '_sip._udp.a.example': [srv(1, 0, 5060, 'one.a.example')],
      '_sips._tcp.a.example': [srv(1, 0, 5061, 'one.a.example')],
    },
    a: { 'one.a.example': ['192.0.2.1'], 'a.example': ['192.0.2.9'] },
  };
  const hops = async (target: string, size = 500) => {
    const { layer } = await open(everything, { resolver: new FakeDns(zone) });
    return layer.locate(uri(target), size);
  };
  const secure = (address: string, port: number, host?: string) =>
    [{ transport: 'tls', address, port, ...(host === undefined ? {} : { host }) }] as const;

  it('goes over TLS alone, with the name of the URI to be proven', async () => {
    expect(await hops('sips:bob@a.example')).toEqual(secure('192.0.2.1', 5061, 'a.example'));
    expect(await hops('sips:bob@a.example:5071')).toEqual(secure('192.0.2.9', 5071, 'a.example'));
    expect(await hops('sips:192.0.2.4')).toEqual(secure('192.0.2.4', 5061));
    expect(await hops('sips:192.0.2.4;transport=tcp')).toEqual(secure('192.0.2.4', 5061));
    expect(await hops('sips:bob@a.example', 5000)).toEqual(secure('192.0.2.1', 5061, 'a.example'));
  });

  it('has no route over UDP, and none where TLS is not carried', async () => {
    await expect(hops('sips:192.0.2.4;transport=udp')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    const { layer } = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0']);
    await expect(async () => layer.locate(uri('sips:192.0.2.4'), 500)).rejects.toMatchObject({
      code: 'NO_ROUTE',
    });
  });

  it('leaves TLS to sip URIs as well, last, and by name', async () => {
    expect(await hops('sip:192.0.2.4;transport=tls')).toEqual(secure('192.0.2.4', 5061));
    expect((await hops('sip:bob@a.example')).map((hop) => hop.transport)).toEqual(['udp', 'tls']);
  });
});
