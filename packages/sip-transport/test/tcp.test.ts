import { once } from 'node:events';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { createResponse, type SipRequest, uri } from '@strowger/sip-message';
import { describe, expect, it } from 'vitest';
import type { Hop } from '../src/hop.ts';
import {
  failure,
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  rawTcp,
  rawTcpServer,
  until,
} from './loopback.ts';

const TCP4 = ['tcp:127.0.0.1:0'];
const VIA = 'SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bKraw';

describe.each(['127.0.0.1', '[::1]'])('SIP over TCP on %s', (host) => {
  it('carries requests and answers over one connection', async () => {
    const alice = await open([`tcp:${host}:0`]);
    const bob = await open([`tcp:${host}:0`]);
    const hop = hopTo(bob, 'tcp');
    for (const callId of ['one', 'two', 'three']) {
      alice.layer.send(options(alice, hop, callId, callId), hop, mustLeave);
      const { message, hop: back } = await bob.inbox.next();
      expect(message.text()).toBe(callId);
      // a request by its kind: it came as one
      bob.layer.send(createResponse(message as SipRequest, 200), back, mustLeave);
      expect((await alice.inbox.next()).message.callId).toBe(callId);
    }
    expect(bob.layer.metrics).toMatchObject({ connectionsAccepted: 1, connectionsOpened: 0 });
    expect(alice.layer.metrics).toMatchObject({ connectionsOpened: 1, connectionsAccepted: 0 });
    expect(bob.layer.counts().connections).toBe(1);
  });

  it('sends requests back over the connection that the peer opened', async () => {
    const alice = await open([`tcp:${host}:0`]);
    const bob = await open([`tcp:${host}:0`]);
    alice.layer.send(options(alice, hopTo(bob, 'tcp')), hopTo(bob, 'tcp'), mustLeave);
    const { hop } = await bob.inbox.next();
    bob.layer.send(options(bob, hop, '', 'back'), hop, mustLeave);
    expect((await alice.inbox.next()).message.callId).toBe('back');
    expect(bob.layer.metrics.connectionsOpened).toBe(0);
  });
});

describe('a stream', () => {
  it('may bring a message in single bytes', async () => {
    const bob = await open(TCP4);
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.setNoDelay(true);
    for (const byte of optionsText(VIA, 'the body')) {
      raw.socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve)); // a segment for each
    }
    expect((await bob.inbox.next()).message.text()).toBe('the body');
  });

  it('may bring several messages, and a part of one, at once', async () => {
    const bob = await open(TCP4);
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    const three = ['one', 'two', 'three'].map((id) => optionsText(VIA, id.repeat(50), id)).join('');
    raw.socket.write(three.slice(0, -30));
    await bob.inbox.count(2);
    raw.socket.write(three.slice(-30));
    await bob.inbox.count(3);
    expect(bob.inbox.all.map(({ message }) => message.callId)).toEqual(['one', 'two', 'three']);
  });

  it('answers a CRLF ping with a pong (RFC 5626 §3.5.1)', async () => {
    const bob = await open(TCP4);
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.write('\r\n\r\n');
    expect(await raw.text('\r\n')).toBe('\r\n');
    raw.socket.write(optionsText(VIA));
    await bob.inbox.next();
    expect(bob.layer.metrics.keepAlives).toBe(1);
  });

  it('goes on after a broken request, which is answered', async () => {
    const bob = await open(TCP4);
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.write(optionsText(VIA).replace('SIP/2.0\r\n', 'SIP/7.0\r\n'));
    expect(await raw.text('\r\n\r\n')).toMatch(/^SIP\/2\.0 505 /);
    raw.socket.write(optionsText(VIA, '', 'good'));
    expect((await bob.inbox.next()).message.callId).toBe('good');
    expect(bob.refused.all).toMatchObject([{ answered: true, transport: 'tcp' }]);
  });

  it('that cannot be followed is closed, behind the answer to what is too long', async () => {
    const bob = await open(TCP4, { limits: { messageBytes: 4000 } });
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.write(optionsText(VIA, 'x'.repeat(5000)).slice(0, 500));
    expect(await raw.text('\r\n\r\n')).toMatch(/^SIP\/2\.0 513 /);
    await raw.closed;
    expect(bob.refused.all).toMatchObject([{ answered: true, refusal: { status: 513 } }]);
  });

  it.each([
    ['has no Content-Length', optionsText(VIA).replace(/Content-Length: 0\r\n/, '')],
    ['is over its limit', optionsText(VIA, 'x'.repeat(5000))],
    ['has headers without end', `${optionsText(VIA).slice(0, -4)}\r\nX: ${'y'.repeat(9000)}`],
    ['is no SIP', `${'\x16\x03\x01\x02'.repeat(1500)}\r\n\r\n`],
  ])('that %s is closed and counted', async (_, text) => {
    const bob = await open(TCP4, { limits: { messageBytes: 4000 } });
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.write(text);
    await bob.refused.next();
    await raw.closed;
    expect(bob.inbox.all).toEqual([]);
  });

  it('may end in the middle of a message', async () => {
    const bob = await open(TCP4);
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.end(optionsText(VIA, 'body').slice(0, -2));
    await raw.closed;
    expect(bob.inbox.all).toEqual([]);
  });
});

describe('an answer over TCP (RFC 3261 §18.2.2)', () => {
  it('takes a new connection to sent-by where the first is gone', async () => {
    const bob = await open(TCP4);
    const { hop, peers } = await rawTcpServer();
    const raw = await rawTcp(hopTo(bob, 'tcp'));
    raw.socket.write(optionsText(`SIP/2.0/TCP phone.example:${hop.port};branch=b`));
    const inbound = await bob.inbox.next();
    raw.socket.destroy();
    await raw.closed;
    await until(() => bob.layer.counts().connections === 0);
    bob.layer.send(createResponse(inbound.message as SipRequest, 200), inbound.hop, mustLeave);
    expect(await (await peers.next()).text('\r\n\r\n')).toMatch(/^SIP\/2\.0 200 OK/);
  });
});

describe('a peer that takes no connection', () => {
  it('fails every message that waits for it', async () => {
    const alice = await open(TCP4);
    const { server, hop } = await rawTcpServer();
    server.close();
    await once(server, 'close');
    const errors = await Promise.all([1, 2, 3].map(() => failure(alice, options(alice, hop), hop)));
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'CONNECT_FAILED', cause: { code: 'ECONNREFUSED' } });
    }
    expect(alice.layer.metrics).toMatchObject({ connectsFailed: 1, failed: 3 });
  });

  it('is sent long requests by UDP for a while', async () => {
    const clock = new VirtualClock();
    const runtime = { ...nodeRuntime(), clock };
    const alice = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'], { runtime });
    const { server, hop } = await rawTcpServer();
    server.close();
    await once(server, 'close');
    const first = async (): Promise<string | undefined> =>
      (await alice.layer.locate(uri(`sip:127.0.0.1:${hop.port}`), 2000))[0]?.transport;

    expect(await first()).toBe('tcp');
    await failure(alice, options(alice, hop), hop);
    expect(await first()).toBe('udp');
    expect(alice.layer.counts().tcpRefusedPeers).toBe(1);
    clock.advance(300_000);
    expect(await first()).toBe('tcp');
  });

  it('that drops an open connection is connected to anew, and the owner is told', async () => {
    const gone: Hop[] = [];
    const alice = await open(TCP4, { onConnectionGone: (hop) => gone.push(hop) });
    const { hop, peers } = await rawTcpServer();
    alice.layer.send(options(alice, hop, '', 'one'), hop, mustLeave);
    const first = await peers.next();
    await first.text('Call-ID: one');
    first.socket.end();
    await first.closed;
    await until(() => alice.layer.counts().connections === 0);
    expect(gone).toMatchObject([{ transport: 'tcp', address: hop.address, port: hop.port }]);
    alice.layer.send(options(alice, hop, '', 'two'), hop, mustLeave);
    await (await peers.next()).text('Call-ID: two');
    expect(alice.layer.metrics.connectionsOpened).toBe(2);
  });
});
