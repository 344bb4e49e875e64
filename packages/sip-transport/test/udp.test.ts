import { createResponse, type SipRequest } from '@strowger/sip-message';
import { nodeRuntime, StrowgerError } from '@strowger/runtime';
import { describe, expect, it } from 'vitest';
import {
  failure,
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  parsed,
  rawUdp,
  strangers,
} from './loopback.ts';

const UDP4 = ['udp:127.0.0.1:0'];

describe.each(['127.0.0.1', '[::1]'])('SIP over UDP on %s', (host) => {
  it('carries a request to the peer and its answer back', async () => {
    const alice = await open([`udp:${host}:0`]);
    const bob = await open([`udp:${host}:0`]);
    alice.layer.send(options(alice, hopTo(bob, 'udp'), 'hello'), hopTo(bob, 'udp'), mustLeave);
    const heard = await bob.inbox.next();
    expect(heard.message.text()).toBe('hello');
    expect(heard.local).toEqual({
      address: hopTo(bob, 'udp').address,
      port: hopTo(bob, 'udp').port,
    });
    expect(heard.hop).toMatchObject(hopTo(alice, 'udp'));

    // a request by its kind: it came as one
    bob.layer.send(createResponse(heard.message as SipRequest, 200), heard.hop, mustLeave);
    const answer = await alice.inbox.next();
    expect(answer.message).toMatchObject({ kind: 'response', status: 200 });
    expect(answer.hop.port).toBe(hopTo(bob, 'udp').port);
  });
});

describe('the top Via of a request (RFC 3261 §18.2.1, RFC 3581)', () => {
  const heardVia = async (via: (port: number) => string) => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    raw.send(optionsText(via(raw.port)), hopTo(bob, 'udp'));
    const inbound = await bob.inbox.next();
    return { inbound, via: inbound.message.via, raw, bob };
  };

  it('gets the source port where rport asks for it, and received with it', async () => {
    const { inbound, via, raw } = await heardVia(() => 'SIP/2.0/UDP 127.0.0.1:9;rport;branch=b');
    expect(via.rport).toBe(raw.port);
    expect(via.received).toBe('127.0.0.1');
    expect(inbound.hop).toMatchObject({ address: '127.0.0.1', port: raw.port });
  });

  it('gets received where sent-by is a name; the answer goes to the port of sent-by', async () => {
    const { inbound, via } = await heardVia(() => 'SIP/2.0/UDP phone.example:5099;branch=b');
    expect(via.received).toBe('127.0.0.1');
    expect(via.rport).toBe(undefined);
    expect(inbound.hop).toMatchObject({ address: '127.0.0.1', port: 5099 });
  });

  it('gets received where sent-by is another address; the default port is 5060', async () => {
    const { inbound, via } = await heardVia(() => 'SIP/2.0/UDP 192.0.2.1;branch=b');
    expect(via.received).toBe('127.0.0.1');
    expect(inbound.hop.port).toBe(5060);
  });

  it('stays as it is where sent-by is right', async () => {
    const { inbound } = await heardVia((port) => `SIP/2.0/UDP 127.0.0.1:${port};branch=b`);
    expect(inbound.message.headers.raw('Via')[0]).toMatch(/127\.0\.0\.1:\d+;branch=b$/);
  });

  it('T05: is not believed about received and rport', async () => {
    const { inbound, via, raw } = await heardVia(
      () => 'SIP/2.0/UDP 127.0.0.1:9;received=192.0.2.7;rport=7;branch=b',
    );
    expect(via.received).toBe('127.0.0.1');
    expect(via.rport).toBe(raw.port);
    expect(inbound.hop).toMatchObject({ address: '127.0.0.1', port: raw.port });
  });

  it('T05: is not followed to another maddr', async () => {
    const { inbound } = await heardVia(() => 'SIP/2.0/UDP 127.0.0.1:9;maddr=192.0.2.7;branch=b');
    expect(inbound.hop).toMatchObject({ address: '127.0.0.1', port: 9 });
  });

  it('is the only one that changes', async () => {
    const { inbound } = await heardVia(
      () => 'SIP/2.0/UDP a.example;branch=b, SIP/2.0/UDP b.example;branch=c\r\nv: SIP/2.0/UDP c',
    );
    const vias = inbound.message.headers.get('via') ?? [];
    expect(vias.map((via) => via.host)).toEqual(['a.example', 'b.example', 'c']);
    expect(vias.map((via) => via.received)).toEqual(['127.0.0.1', undefined, undefined]);
  });

  it('may name IPv6 in another spelling than the source', async () => {
    const bob = await open(['udp:[::1]:0']);
    const raw = await rawUdp('::1');
    raw.send(optionsText(`SIP/2.0/UDP [0:0::1]:${raw.port};branch=b`), hopTo(bob, 'udp'));
    const { message } = await bob.inbox.next();
    expect(message.via.received).toBe(undefined);
    raw.send(optionsText('SIP/2.0/UDP [2001:db8::1];branch=b;rport'), hopTo(bob, 'udp'));
    const next = await bob.inbox.next();
    expect(next.message.headers.raw('Via')[0]).toContain('received=::1');
    expect(next.hop).toMatchObject({ address: '::1', port: raw.port });
  });
});

describe('a datagram', () => {
  it('is cut at the end of its body (RFC 3261 §18.3)', async () => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    raw.send(`${optionsText('SIP/2.0/UDP a;branch=b', 'body')} and more`, hopTo(bob, 'udp'));
    expect((await bob.inbox.next()).message.text()).toBe('body');
  });

  it('that is a broken request is answered with the status it deserves', async () => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    const broken = optionsText('SIP/2.0/UDP 192.0.2.1;rport;branch=b').replace(
      'SIP/2.0',
      'SIP/7.0',
    );
    raw.send(broken, hopTo(bob, 'udp'));
    const answer = parsed(await raw.inbox.next());
    expect(answer).toMatchObject({ kind: 'response', status: 505 });
    expect(answer.via.rport).toBe(raw.port);
    expect(await bob.refused.next()).toMatchObject({ answered: true, transport: 'udp' });
    expect(bob.layer.metrics).toMatchObject({ refused: 1, refusalsAnswered: 1, received: 0 });
  });

  it('that is a broken ACK is never answered', async () => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    const ack = optionsText('SIP/2.0/UDP 192.0.2.1;rport;branch=b').replaceAll('OPTIONS', 'ACK');
    raw.send(ack.replace('SIP/2.0', 'SIP/7.0'), hopTo(bob, 'udp'));
    expect(await bob.refused.next()).toMatchObject({ answered: false });
  });

  it('that is no SIP is dropped and counted', async () => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    for (const junk of ['\x16\x03\x01 hello', 'GET / HTTP/1.1\r\n\r\n', '\xff'.repeat(2000)]) {
      raw.send(junk, hopTo(bob, 'udp'));
      expect((await bob.refused.next()).from.port).toBe(raw.port);
    }
    expect(bob.layer.metrics.refused).toBe(3);
    raw.send(optionsText('SIP/2.0/UDP a;branch=b'), hopTo(bob, 'udp'));
    expect((await bob.inbox.next()).message.callId).toBe('raw');
  });

  it('of line ends or nothing is a keep-alive', async () => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    for (const alive of ['', '\r\n\r\n', '\0\0\0\0']) raw.send(alive, hopTo(bob, 'udp'));
    raw.send(optionsText('SIP/2.0/UDP a;branch=b'), hopTo(bob, 'udp'));
    await bob.inbox.next();
    expect(bob.layer.metrics).toMatchObject({ keepAlives: 3, refused: 0 });
  });

  it('T05: with a response to somebody else is dropped (RFC 3261 §18.1.2)', async () => {
    const bob = await open(UDP4);
    const raw = await rawUdp();
    const request = parsed(optionsText('SIP/2.0/UDP 192.0.2.1:5060;branch=b')) as SipRequest;
    const { headers } = createResponse(request, 200);
    raw.send(`SIP/2.0 200 OK\r\n${headers.format()}\r\n`, hopTo(bob, 'udp'));
    raw.send(optionsText('SIP/2.0/UDP a;branch=b'), hopTo(bob, 'udp'));
    expect((await bob.inbox.next()).message.kind).toBe('request');
    expect(bob.layer.metrics.droppedStrayResponses).toBe(1);
  });
});

describe('sending over UDP', () => {
  it.each(['255.255.255.255', '239.1.2.3', '0.0.0.0'])('T06: never goes to %s', async (address) => {
    const alice = await open(['udp:127.0.0.1:0']);
    const hop = { transport: 'udp', address, port: 5060 } as const;
    expect((await failure(alice, options(alice, hop), hop)).code).toBe('ADDRESS_REFUSED');
  });

  it('leaves by the socket that heard the peer', async () => {
    const bob = await open(['udp:127.0.0.1:0', 'udp:127.0.0.1:0']);
    const raw = await rawUdp();
    const [first, second] = bob.layer.listening;
    for (const point of [second, first]) {
      if (point === undefined) throw new Error('it has two');
      raw.send(optionsText('SIP/2.0/UDP a;rport;branch=b'), point);
      const { message, hop } = await bob.inbox.next();
      const from = new Promise((resolve) =>
        raw.socket.once('message', (_, rinfo) => resolve(rinfo)),
      );
      bob.layer.send(createResponse(message as SipRequest, 200), hop, mustLeave);
      expect(await from).toMatchObject({ port: point.port });
      expect(bob.layer.sentBy(hop).port).toBe(point.port);
    }
  });

  it('tells what no datagram can hold', async () => {
    const alice = await open(UDP4);
    const hop = { transport: 'udp', address: '127.0.0.1', port: 9 } as const;
    const error = await failure(alice, options(alice, hop, 'x'.repeat(70_000)), hop);
    expect(error.code).toBe('MESSAGE_TOO_LARGE');
  });

  it('tells what the system refuses to send, once and to the message it belongs to', async () => {
    const alice = await open(UDP4);
    const bob = await open(UDP4);
    // a socket that is bound to loopback cannot reach out
    const nowhere = { transport: 'udp', address: '192.0.2.1', port: 9 } as const;
    const failed = failure(alice, options(alice, nowhere), nowhere);
    alice.layer.send(options(alice, hopTo(bob, 'udp')), hopTo(bob, 'udp'), mustLeave);
    expect(await failed).toMatchObject({ code: 'SEND_FAILED', cause: { syscall: 'send' } });
    await bob.inbox.next();
    expect(alice.layer.metrics).toMatchObject({ sent: 2, failed: 1 });
    expect(alice.errors.all).toEqual([]);
  });

  it('tells which transports and families it does not carry', async () => {
    const alice = await open(UDP4);
    const request = options(alice, { transport: 'udp', address: '127.0.0.1', port: 9 });
    for (const hop of [
      { transport: 'tls', address: '127.0.0.1', port: 5061 },
      { transport: 'tcp', address: '127.0.0.1', port: 5060 },
      { transport: 'udp', address: '::1', port: 5060 },
    ] as const) {
      expect((await failure(alice, request, hop)).code).toBe('TRANSPORT_UNSUPPORTED');
    }
  });
});

describe('admission', () => {
  it('drops what one source sends over its limit', async () => {
    const bob = await open(UDP4, { limits: { messagesPerSecondPerSource: 5 }, ...strangers });
    const raw = await rawUdp();
    for (let n = 0; n < 200; n++)
      raw.send(optionsText('SIP/2.0/UDP a;branch=b'), hopTo(bob, 'udp'));
    await bob.inbox.count(5);
    const other = await rawUdp('127.0.0.2');
    other.send(optionsText('SIP/2.0/UDP a;branch=b', '', 'other'), hopTo(bob, 'udp'));
    while ((await bob.inbox.next()).message.callId !== 'other');
    expect(bob.layer.metrics.droppedByAdmission).toBeGreaterThan(150);
    expect(bob.layer.counts().sources).toBe(2);
  });
});

describe('errors that belong to no message', () => {
  it('go to onError', async () => {
    let complain: ((error: Error) => void) | undefined;
    const runtime = nodeRuntime();
    const bob = await open(UDP4, {
      runtime: {
        ...runtime,
        datagrams: {
          open: (asked) => {
            complain = asked.onError;
            return runtime.datagrams.open(asked);
          },
        },
      },
    });
    complain?.(new Error('no buffer'));
    const error = await bob.errors.next();
    expect(StrowgerError.isInstance(error)).toBe(true);
    expect(error.code).toBe('SEND_FAILED');
  });
});
