import { once } from 'node:events';
import { createServer as createHttpServer, get, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { createResponse, type SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  defaultLimits,
  type Hop,
  type TransportLayerOptions,
  type WebSocketSettings,
} from '../src/index.ts';
import { Arrivals } from './arrivals.ts';
import { Authority } from './certificates.ts';
import {
  failure,
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  type Party,
  rawTcp,
  strangers,
  until,
} from './loopback.ts';

const authority = new Authority();
const tls = {
  authorities: [authority.certificate],
  certificates: [
    authority.issue({ alternatives: 'DNS:*.wild.example,DNS:bob.example,IP:127.0.0.1' }),
  ],
};
const VIA = 'SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bKraw';

const client = (transport: 'ws' | 'wss', over: Partial<TransportLayerOptions> = {}) =>
  open([{ transport, address: '127.0.0.1', port: 0, clientOnly: true }], { tls, ...over });
const server = (webSocket: WebSocketSettings = {}, over: Partial<TransportLayerOptions> = {}) =>
  open(['ws:127.0.0.1:0'], { webSocket, ...over });

/** A raw WebSocket peer: what it hears, and how it ended. */
function rawWs(
  { transport, address, port }: Hop,
  { path = '/', protocols = ['sip'], ...over }: RawOptions = {},
) {
  const socket = new WebSocket(`${transport}://${address}:${port}${path}`, protocols, {
    ca: authority.certificate,
    ...over,
  });
  const inbox = new Arrivals<{ text: string; isBinary: boolean }>();
  socket.on('message', (data: Buffer, isBinary) => inbox.add({ text: data.toString(), isBinary }));
  onTestFinished(() => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const opened = new Promise<number>((resolve) => {
    socket.once('open', () => resolve(101));
    socket.once('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0);
      socket.terminate();
    });
    socket.on('error', () => {}); // tested by its status or close code
  });
  return { socket, inbox, closed, opened };
}

interface RawOptions {
  path?: string;
  protocols?: string[];
  origin?: string;
  perMessageDeflate?: boolean;
  headers?: Record<string, string>;
}

/** An HTTP server on loopback that answers `/api`, closed when the test ends. */
async function httpServer(secure = false): Promise<Server> {
  const answer = (_: unknown, response: { end(text: string): void }): void => response.end('api');
  const [{ certificate: cert, key } = { certificate: '', key: '' }] = tls.certificates;
  const made = secure ? createHttpsServer({ cert, key }, answer) : createHttpServer(answer);
  made.listen(0, '127.0.0.1');
  await once(made, 'listening');
  onTestFinished(() => {
    made.close();
    made.closeAllConnections();
  });
  return made;
}

function portOf(one: Server): number {
  const bound = one.address();
  return bound !== null && typeof bound === 'object' ? bound.port : 0;
}

async function status(port: number, path: string): Promise<number | undefined> {
  const [response] = await once(get({ host: '127.0.0.1', port, path, agent: false }), 'response');
  response.resume();
  return response.statusCode;
}

async function heard(bob: Party) {
  const inbound = await bob.inbox.next();
  // a request by its kind: it came as one
  return { ...inbound, message: inbound.message as SipRequest };
}

describe.each(['ws', 'wss'] as const)('SIP over %s (RFC 7118)', (transport) => {
  it('carries requests and answers over one connection, both ways', async () => {
    const bob = await open([`${transport}:127.0.0.1:0`], { tls });
    const alice = await client(transport);
    const hop = { ...hopTo(bob, transport), host: 'bob.example' };
    for (const callId of ['one', 'two']) {
      alice.layer.send(options(alice, hop, 'body', callId), hop, mustLeave);
      const { message, hop: back } = await heard(bob);
      expect(message.via).toMatchObject({ transport: transport.toUpperCase() });
      expect(message.via.host).toMatch(/\.invalid$/);
      bob.layer.send(createResponse(message, 200), back, mustLeave);
      expect((await alice.inbox.next()).message.callId).toBe(callId);
      bob.layer.send(options(bob, back, '', `${callId}-back`), back, mustLeave);
      expect((await alice.inbox.next()).message.callId).toBe(`${callId}-back`);
    }
    expect(alice.layer.metrics).toMatchObject({ connectionsOpened: 1, connectionsAccepted: 0 });
    expect(bob.layer.metrics).toMatchObject({ connectionsOpened: 0, connectionsAccepted: 1 });
  });

  it('carries bodies that are no text', async () => {
    const bob = await open([`${transport}:127.0.0.1:0`], { tls });
    const alice = await client(transport);
    const hop = hopTo(bob, transport);
    const request = options(alice, hop);
    request.body = Uint8Array.from([0, 255, 128, 13, 10]);
    alice.layer.send(request, hop, mustLeave);
    expect([...(await heard(bob)).message.body]).toEqual([0, 255, 128, 13, 10]);
  });

  it('lets leave what was sent before it was open and closed', async () => {
    const bob = await open([`${transport}:127.0.0.1:0`], { tls });
    const alice = await client(transport);
    const hop = hopTo(bob, transport);
    alice.layer.send(options(alice, hop, '', 'last'), hop, mustLeave);
    await alice.layer.close();
    expect((await heard(bob)).message.callId).toBe('last');
  });
});

describe('a WebSocket client that cannot be connected to', () => {
  it('is reached over its own connection or not at all', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    raw.socket.send(optionsText(VIA));
    const { message, hop } = await heard(bob);
    raw.socket.terminate();
    await until(() => bob.layer.counts().connections === 0);
    expect((await failure(bob, createResponse(message, 200), hop)).code).toBe('CONNECTION_CLOSED');
    expect(bob.layer.metrics.connectsFailed).toBe(0);
  });

  it('has a name that no way leads to', async () => {
    const bob = await server();
    await expect(async () =>
      bob.layer.locate(uri('sip:a@df7jal23ls0d.invalid;transport=ws'), 500),
    ).rejects.toMatchObject({ code: 'NO_ROUTE' });
  });

  it('is found by the ports of HTTP, and securely for sips', async () => {
    const alice = await open([
      { transport: 'ws', address: '127.0.0.1', port: 0, clientOnly: true },
      { transport: 'wss', address: '127.0.0.1', port: 0, clientOnly: true },
    ]);
    const locate = async (target: string) => (await alice.layer.locate(uri(target), 500))[0];
    expect(await locate('sip:127.0.0.1;transport=ws')).toMatchObject({ transport: 'ws', port: 80 });
    expect(await locate('sips:127.0.0.1;transport=ws')).toMatchObject({
      transport: 'wss',
      port: 443,
    });
  });
});

describe('a message', () => {
  it('may be text or binary, and is answered as text', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    for (const binary of [false, true]) {
      raw.socket.send(optionsText(VIA, 'déjà vu'), { binary });
      const { message, hop } = await heard(bob);
      expect(message.text()).toBe('déjà vu');
      bob.layer.send(createResponse(message, 200), hop, mustLeave);
      const { text, isBinary } = await raw.inbox.next();
      expect(text).toMatch(/^SIP\/2\.0 200 OK/);
      expect(isBinary).toBe(false);
    }
  });

  it('needs no Content-Length: the WebSocket tells where it ends', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    raw.socket.send(optionsText(VIA, 'whole').replace(/Content-Length: \d+\r\n/, ''));
    expect((await heard(bob)).message.text()).toBe('whole');
  });

  it('that is broken is answered, and the connection goes on', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    raw.socket.send(optionsText(VIA).replace('SIP/2.0\r\n', 'SIP/7.0\r\n'));
    expect((await raw.inbox.next()).text).toMatch(/^SIP\/2\.0 505 /);
    raw.socket.send('nonsense');
    raw.socket.send(optionsText(VIA, '', 'good'));
    expect((await heard(bob)).message.callId).toBe('good');
    expect(bob.refused.all).toMatchObject([{ transport: 'ws', answered: true }, {}]);
  });
});

describe('keep-alives of a WebSocket (RFC 7118 §6)', () => {
  it('are answered: pings, and the CRLFs of RFC 5626', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    raw.socket.ping('are you there');
    expect(String((await once(raw.socket, 'pong'))[0])).toBe('are you there');
    raw.socket.send('\r\n\r\n');
    expect((await raw.inbox.next()).text).toBe('\r\n');
    expect(bob.layer.metrics.keepAlives).toBe(2);
  });

  it('T10: get few answers where they are a flood', async () => {
    const clock = new VirtualClock();
    const bob = await server({}, { runtime: { ...nodeRuntime(), clock } });
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    let pongs = 0;
    raw.socket.on('pong', () => pongs++);
    for (let n = 0; n < 1000; n++) raw.socket.ping();
    raw.socket.send(optionsText(VIA));
    const { message, hop } = await heard(bob);
    bob.layer.send(createResponse(message, 200), hop, mustLeave);
    await raw.inbox.next();
    expect(pongs).toBe(defaultLimits.pingsPerSecond);
  });
});

describe('T10: a WebSocket', () => {
  it.each<[string, WebSocketSettings, RawOptions, number]>([
    ['without the subprotocol sip', {}, { protocols: [] }, 400],
    ['with another subprotocol', {}, { protocols: ['mqtt'] }, 400],
    ['with sip among others', {}, { protocols: ['xmpp', 'sip'] }, 101],
    ['of a page where no page may', {}, { origin: 'https://phone.example' }, 403],
    [
      'of a foreign page',
      { origins: ['https://phone.example'] },
      { origin: 'https://x.example' },
      403,
    ],
    [
      'of an allowed page',
      { origins: ['https://phone.example'] },
      { origin: 'https://phone.example' },
      101,
    ],
    ['without an origin where pages are meant', { origins: ['https://phone.example'] }, {}, 403],
    [
      'without an origin where that is allowed',
      { origins: ['https://p.example'], allowNoOrigin: true },
      {},
      101,
    ],
    ['for another path', { path: '/sip' }, { path: '/' }, 404],
    ['for the path', { path: '/sip' }, { path: '/sip?token=1' }, 101],
  ])('%s is answered as it deserves', async (_, settings, over, expected) => {
    const bob = await server(settings);
    expect(await rawWs(hopTo(bob, 'ws'), over).opened).toBe(expected);
    expect(bob.layer.metrics.connectionsAccepted).toBe(expected === 101 ? 1 : 0);
  });

  it('with a thousand headers, or headers without end, harms nobody', async () => {
    const bob = await server();
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`X-${n}`, 'y']));
    await rawWs(hopTo(bob, 'ws'), { headers: many }).opened;
    const huge = rawWs(hopTo(bob, 'ws'), { headers: { X: 'y'.repeat(100_000) } });
    expect(await Promise.race([huge.opened, huge.closed])).not.toBe(101);
    expect(await rawWs(hopTo(bob, 'ws')).opened).toBe(101);
  });

  it('is closed for a message over the limit, before it has come', async () => {
    const bob = await server({}, { limits: { messageBytes: 4000 } });
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    raw.socket.send('x'.repeat(100_000));
    await raw.closed;
    await until(() => bob.layer.counts().connections === 0);
    expect(bob.inbox.all).toEqual([]);
  });

  it('is closed for a message in too many fragments', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    for (let n = 0; n < 100; n++) raw.socket.send('x', { fin: false });
    await raw.closed;
    await until(() => bob.layer.counts().connections === 0);
  });

  it('P14: never inflates', async () => {
    const bob = await server();
    const raw = rawWs(hopTo(bob, 'ws'), { perMessageDeflate: true });
    await raw.opened;
    expect(raw.socket.extensions).toBe('');
  });

  it('is refused to us by a server that does not speak SIP', async () => {
    const other = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => false });
    await once(other, 'listening');
    onTestFinished(() => {
      for (const one of other.clients) one.terminate();
      other.close();
    });
    const bound = other.address();
    const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
    const alice = await client('ws');
    const hop: Hop = { transport: 'ws', address: '127.0.0.1', port };
    expect((await failure(alice, options(alice, hop), hop)).code).toBe('CONNECT_FAILED');
  });

  it('to a server with a certificate for another name is refused', async () => {
    const bob = await open(['wss:127.0.0.1:0'], { tls });
    const alice = await client('wss');
    const hop = { ...hopTo(bob, 'wss'), host: 'mallory.test' };
    expect((await failure(alice, options(alice, hop), hop)).code).toBe('CERTIFICATE_REFUSED');
    // the rules of HTTPS, other than those of SIP, know wildcards (RFC 7118 §7)
    const wild = { ...hopTo(bob, 'wss'), host: 'any.wild.example' };
    alice.layer.send(options(alice, wild), wild, mustLeave);
    await bob.inbox.next();
  });
});

describe('T01: a WebSocket', () => {
  const slow = async () => {
    const clock = new VirtualClock();
    const bob = await server({}, { runtime: { ...nodeRuntime(), clock } });
    return { clock, bob, metrics: bob.layer.metrics };
  };

  it('that is never agreed upon is closed', async () => {
    const { clock, bob, metrics } = await slow();
    const raw = await rawTcp(hopTo(bob, 'ws'));
    raw.socket.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webs');
    await until(() => bob.layer.counts().connections === 1);
    clock.advance(defaultLimits.handshakeMs);
    await raw.closed;
    expect(metrics).toMatchObject({ slowTimeouts: 1, handshakesFailed: 1, connectionsAccepted: 0 });
  });

  it('on which no message comes is closed', async () => {
    const { clock, bob, metrics } = await slow();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    await until(() => metrics.connectionsAccepted === 1);
    clock.advance(defaultLimits.firstMessageMs);
    await raw.closed;
    expect(metrics.slowTimeouts).toBe(1);
  });

  it('on which a message drips in is closed', async () => {
    const { clock, bob, metrics } = await slow();
    const raw = rawWs(hopTo(bob, 'ws'));
    await raw.opened;
    raw.socket.send(optionsText(VIA));
    await heard(bob);
    raw.socket.send('OPTIONS', { fin: false });
    raw.socket.ping();
    await once(raw.socket, 'pong');
    raw.socket.send(' sip:', { fin: false });
    await until(() => bob.layer.metrics.keepAlives === 1);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(defaultLimits.partialMessageMs);
    await raw.closed;
    expect(metrics.slowTimeouts).toBe(1);
  });

  it('is all that its port serves', async () => {
    const { bob } = await slow();
    expect(await status(hopTo(bob, 'ws').port, '/')).toBe(426);
    await until(() => bob.layer.counts().connections === 0);
  });
});

describe('an HTTP server of somebody else', () => {
  const shared = async (secure: boolean) => {
    const http = await httpServer(secure);
    const transport = secure ? 'wss' : 'ws';
    const port = portOf(http);
    const point = { transport, address: '127.0.0.1', port, server: http } as const;
    const bob = await open([point], { webSocket: { path: '/sip' } });
    return { http, port, bob, hop: hopTo(bob, transport) };
  };

  it.each([false, true])('carries its API and SIP on one port (secure: %s)', async (secure) => {
    const { port, bob, hop } = await shared(secure);
    expect(hop.port).toBe(port);
    const alice = await client(secure ? 'wss' : 'ws', { webSocket: { connectPath: '/sip' } });
    alice.layer.send(options(alice, hop), hop, mustLeave);
    const { message, hop: back } = await heard(bob);
    bob.layer.send(createResponse(message, 200), back, mustLeave);
    await alice.inbox.next();
    if (!secure) expect(await status(port, '/api')).toBe(200);
    expect(bob.layer.counts()).toMatchObject({ sockets: 0, connections: 1 });
  });

  it('goes on when the layer closes, and speaks SIP no more', async () => {
    const { http, port, bob, hop } = await shared(false);
    expect(await rawWs(hop, { path: '/sip' }).opened).toBe(101);
    await bob.layer.close();
    expect(http.listenerCount('upgrade')).toBe(0);
    expect(await status(port, '/api')).toBe(200);
  });

  it('keeps its other WebSockets, and has 404 for those of nobody', async () => {
    const { http, hop } = await shared(false);
    expect(await rawWs(hop, { path: '/events' }).opened).toBe(404);
    const events = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request, socket, head) => {
      if (request.url === '/events') events.handleUpgrade(request, socket, head, () => {});
    });
    expect(await rawWs(hop, { path: '/events', protocols: [] }).opened).toBe(101);
    expect(await rawWs(hop, { path: '/sip' }).opened).toBe(101);
  });

  it('counts toward the limits', async () => {
    const http = await httpServer();
    const point = { transport: 'ws', address: '127.0.0.1', port: 0, server: http } as const;
    const limits = { connectionsPerPeer: 1 };
    const bob = await open([point], { webSocket: { path: '/sip' }, limits, ...strangers });
    const hop = hopTo(bob, 'ws');
    expect(await rawWs(hop, { path: '/sip' }).opened).toBe(101);
    const second = rawWs(hop, { path: '/sip' });
    expect(await Promise.race([second.opened, second.closed])).not.toBe(101);
    expect(bob.layer.metrics.connectionsRefused).toBe(1);
  });

  it('gives a place back where no WebSocket comes of a request', async () => {
    const { port, bob } = await shared(false);
    for (const headers of ['', 'Sec-WebSocket-Protocol: sip\r\n']) {
      const raw = await rawTcp({ transport: 'tcp', address: '127.0.0.1', port });
      const upgrade = 'Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
      raw.socket.write(`GET /sip HTTP/1.1\r\n${upgrade}${headers}\r\n`);
      expect(await raw.text('\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
      await raw.closed;
      await until(() => bob.layer.counts().connections === 0);
    }
  });

  it('needs a path for SIP', async () => {
    const http = await httpServer();
    const point = { transport: 'ws', address: '127.0.0.1', port: 0, server: http } as const;
    await expect(open([point])).rejects.toMatchObject({ code: 'BAD_LISTEN_POINT' });
  });
});
