import { once } from 'node:events';
import { nodeRuntime, type StrowgerError, VirtualClock } from '@strowger/runtime';
import { createResponse, type SipMessage } from '@strowger/sip-message';
import { expect, it, describe, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  type Hop,
  WebSocketClient,
  type WebSocketClientOptions,
  type WebSocketLike,
} from '../src/index.ts';
import { Arrivals } from './arrivals.ts';
import { hopTo, mustLeave, open, optionsText, parsed, until } from './loopback.ts';

/** A page's end: `ws` has the same interface as a browser. */
function page(url: string, over: Partial<WebSocketClientOptions> = {}) {
  const inbox = new Arrivals<Parameters<WebSocketClientOptions['onMessage']>[0]>();
  const gone: Hop[] = [];
  const client = new WebSocketClient({
    runtime: nodeRuntime(),
    url,
    open: (to, protocol) => {
      const socket = new WebSocket(to, protocol);
      return socket.on('error', () => {}); // which a browser does not throw
    },
    onMessage: (inbound) => inbox.add(inbound),
    onConnectionGone: (hop) => gone.push(hop),
    ...over,
  });
  onTestFinished(() => client.close());
  return { client, inbox, gone, hop: client.locate()[0] as Hop };
}

/** A server that repeats nothing and says what it heard. */
async function bareServer() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => server.close());
  const heard = new Arrivals<{ text: string; isBinary: boolean }>();
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data: Buffer, isBinary) => heard.add({ text: String(data), isBinary }));
  });
  const { port } = server.address() as { port: number };
  return { server, heard, sockets, url: `ws://127.0.0.1:${port}/sip` };
}

/** An OPTIONS as a page sends it. */
function request({ client }: ReturnType<typeof page>, body = ''): SipMessage {
  return parsed(optionsText(`SIP/2.0/WS ${client.sentBy().host};branch=z9hG4bKpage`, body));
}

describe("a web page's WebSocket (RFC 7118)", () => {
  it('carries a request to our own transport, and the answer back, over one connection', async () => {
    const server = await open(['ws:127.0.0.1:0'], { webSocket: { allowNoOrigin: true } });
    const alice = page(`ws://127.0.0.1:${hopTo(server, 'ws').port}/`);
    for (const round of [1, 2]) {
      alice.client.send(request(alice), alice.hop, mustLeave);
      const { message, hop } = await server.inbox.next();
      if (message.kind !== 'request') throw new Error('a request');
      server.layer.send(createResponse(message, 200), hop, mustLeave);
      expect((await alice.inbox.next()).message, `${round}`).toMatchObject({ status: 200 });
    }
    expect(server.layer.counts().connections).toBe(1);
    expect(alice.client.sentBy().host).toMatch(/\.invalid$/);
  });

  it('sends text as text and what is none as binary, and reads both', async () => {
    const server = await bareServer();
    const alice = page(server.url);
    alice.client.send(request(alice, 'grüße'), alice.hop, mustLeave);
    const first = await server.heard.next();
    expect(first.isBinary).toBe(false);
    expect(first.text).toContain('grüße');
    const bytes = request(alice, 'abc');
    bytes.body.set([0xff], 1);
    alice.client.send(bytes, alice.hop, mustLeave);
    expect((await server.heard.next()).isBinary).toBe(true);
    const [socket] = server.sockets;
    socket?.send(optionsText('SIP/2.0/WS x.invalid;branch=z9hG4bK1'));
    socket?.send(Buffer.from(optionsText('SIP/2.0/WS x.invalid;branch=z9hG4bK2')));
    await alice.inbox.count(2);
  });

  it('opens another connection with the next message when it was lost, and tells of the loss', async () => {
    const server = await bareServer();
    const alice = page(server.url);
    alice.client.send(request(alice), alice.hop, mustLeave);
    await server.heard.next();
    server.sockets[0]?.close();
    await until(() => alice.gone.length === 1);
    expect(alice.gone).toEqual([alice.hop]);
    alice.client.send(request(alice), alice.hop, mustLeave);
    await server.heard.next();
    expect(server.sockets).toHaveLength(2);
  });

  it('tells everything that waited when nobody is there', async () => {
    const server = await bareServer();
    server.server.close();
    await once(server.server, 'close');
    const alice = page(server.url);
    const failed = await Promise.all(
      [1, 2].map(
        () =>
          new Promise<StrowgerError>((resolve) => {
            alice.client.send(request(alice), alice.hop, resolve);
          }),
      ),
    );
    expect(failed.map(({ code }) => code)).toEqual(['CONNECT_FAILED', 'CONNECT_FAILED']);
  });

  it('answers nonsense as far as it can be answered, and pings', async () => {
    const server = await bareServer();
    const alice = page(server.url);
    alice.client.send(request(alice), alice.hop, mustLeave);
    await server.heard.next();
    const [socket] = server.sockets;
    socket?.send('hello');
    socket?.send(optionsText('SIP/2.0/WS x.invalid;branch=z9hG4bK1').replace('1 OPTIONS', 'x'));
    expect((await server.heard.next()).text).toMatch(/^SIP\/2\.0 400 /);
    socket?.send('\r\n\r\n');
    expect((await server.heard.next()).text).toBe('\r\n');
    expect(alice.inbox.all).toEqual([]);
  });

  it('gives a server up that used to answer pings and no longer does', async () => {
    const clock = new VirtualClock();
    const server = await bareServer();
    const alice = page(server.url, { runtime: { ...nodeRuntime(), clock } });
    alice.client.send(request(alice), alice.hop, mustLeave);
    await server.heard.next();
    for (const seconds of [30, 30, 30]) {
      clock.advance(seconds * 1000); // one that never answers is asked on
      expect((await server.heard.next()).text).toBe('\r\n\r\n');
    }
    server.sockets[0]?.send('\r\n');
    server.sockets[0]?.send(optionsText('SIP/2.0/WS x.invalid;branch=z9hG4bK1'));
    await alice.inbox.next();
    clock.advance(30_000);
    expect((await server.heard.next()).text).toBe('\r\n\r\n');
    expect(alice.gone).toEqual([]);
    clock.advance(10_000);
    expect(alice.gone).toEqual([alice.hop]);
    expect(clock.armedTimers).toBe(0);
  });

  it('lets no more wait than a megabyte, and nothing once it is closed', async () => {
    const server = await bareServer();
    const alice = page(server.url);
    const fails = (body: string): Promise<string> =>
      new Promise((resolve) => {
        alice.client.send(request(alice, body), alice.hop, ({ code }) => resolve(code));
      });
    alice.client.send(request(alice, 'x'.repeat(60_000)), alice.hop, () => {});
    const all = Array.from({ length: 16 }, () => fails('x'.repeat(60_000)));
    expect(await Promise.race(all)).toBe('CONNECTION_FULL');
    await alice.client.close();
    expect(await fails('')).toBe('TRANSPORT_CLOSED');
  });

  it('tells what still waited that it was closed', async () => {
    const server = await bareServer();
    const alice = page(server.url);
    const failed = new Promise<StrowgerError>((resolve) => {
      alice.client.send(request(alice), alice.hop, resolve);
    });
    await alice.client.close();
    expect((await failed).code).toBe('TRANSPORT_CLOSED');
  });

  it.each(['pbx.example', 'https://pbx.example', ''])('refuses the server %j', (url) => {
    expect(() => page(url)).toThrow(expect.objectContaining({ code: 'BAD_SERVER' }));
  });
});

/** A platform's WebSocket that opens when it is told to. */
class FakeSocket implements WebSocketLike {
  binaryType = '';
  readonly bufferedAmount = 0;
  readonly sent: unknown[] = [];
  isClosed = false;
  private readonly opened: (() => void)[] = [];

  addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
    if (type === 'open') this.opened.push(() => listener({ data: undefined }));
  }

  open(): void {
    for (const tell of this.opened) tell();
  }

  send(data: Uint8Array | string): void {
    this.sent.push(data);
  }

  close(): void {
    this.isClosed = true;
  }
}

it('gives up the connection through a network that is left, and not the one that opens since', () => {
  const sockets: FakeSocket[] = [];
  const alice = page('wss://pbx.example/', {
    runtime: { ...nodeRuntime(), clock: new VirtualClock() },
    open: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
  });
  alice.client.send(request(alice), alice.hop, mustLeave);
  sockets[0]?.open();
  alice.client.networkChanged();
  expect([sockets[0]?.isClosed, alice.gone]).toEqual([true, [alice.hop]]);
  alice.client.send(request(alice), alice.hop, mustLeave);
  alice.client.networkChanged(); // the same change, told once more
  sockets[1]?.open();
  expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(sockets[1]?.sent).toHaveLength(1);
  expect(alice.gone).toHaveLength(1);
});
