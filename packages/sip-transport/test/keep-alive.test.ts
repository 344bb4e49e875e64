import { once } from 'node:events';
import { nodeRuntime, VirtualClock } from '@strowger/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { defaultLimits, type FlowGone, type Hop, type TransportLimits } from '../src/index.ts';
import { bindingRequest, bindingSuccess, readStun } from '../src/stun.ts';
import { Arrivals } from './arrivals.ts';
import {
  hopTo,
  mustLeave,
  open,
  options,
  optionsText,
  type Party,
  rawTcpServer,
  rawUdp,
  until,
} from './loopback.ts';

const WS_CLIENT = { transport: 'ws', address: '127.0.0.1', port: 0, clientOnly: true } as const;

/** A layer whose time and chance are the test's, and the flows that it tells as gone. */
async function keeper(drawn = 1) {
  const clock = new VirtualClock();
  const { random } = nodeRuntime();
  const gone = new Arrivals<FlowGone>();
  const party = await open(['udp:127.0.0.1:0', 'tcp:127.0.0.1:0', WS_CLIENT], {
    runtime: { ...nodeRuntime(), clock, random: { ...random, float: () => drawn } },
    onFlowGone: gone.add,
  });
  return { clock, gone, party };
}

/** Opens the connection that is to be kept, and gives its other end. */
async function connected(party: Party) {
  const { hop, peers } = await rawTcpServer();
  party.layer.send(options(party, hop), hop, mustLeave);
  const peer = await peers.next();
  await peer.text('\r\n\r\n');
  await until(() => party.layer.metrics.connectionsOpened > 0);
  return { hop, peer };
}

const pingsIn = (text: string): number => text.split('\r\n\r\n').length - 2;

describe('a connection that is kept alive (RFC 5626 §4.4.1)', () => {
  it.each([
    ['80 %', 0, 0.8],
    ['100 %', 1, 1],
  ])('is pinged after %s of its time, and lives on while pongs come', async (_, drawn, share) => {
    const { clock, gone, party } = await keeper(drawn);
    const { hop, peer } = await connected(party);
    party.layer.keepAlive(hop);
    for (const count of [1, 2, 3]) {
      clock.advance(defaultLimits.streamPingMs * share - 1);
      expect(pingsIn(await peer.text(''))).toBe(count - 1);
      clock.advance(1);
      await peer.text('\r\n\r\n'.repeat(count + 1));
      peer.socket.write('\r\n');
      await until(() => party.layer.metrics.keepAlives === count);
    }
    expect(party.layer.counts()).toMatchObject({ connections: 1, keepAlives: 1 });
    expect(gone.all).toEqual([]);
  });

  it('is closed and told when no pong comes', async () => {
    const { clock, gone, party } = await keeper();
    const { hop, peer } = await connected(party);
    party.layer.keepAlive(hop, 1000);
    clock.advance(1000);
    await peer.text('\r\n\r\n\r\n\r\n');
    clock.advance(defaultLimits.pongMs);
    await peer.closed;
    expect(gone.all).toMatchObject([
      { reason: 'noAnswer', hop: { transport: 'tcp', address: hop.address, port: hop.port } },
    ]);
    expect(party.layer.counts().keepAlives).toBe(0);
  });

  it('is told when the peer closes it, pinged or not', async () => {
    const { gone, party } = await keeper();
    const { hop, peer } = await connected(party);
    party.layer.keepAlive(hop);
    peer.socket.end();
    expect(await gone.next()).toMatchObject({ reason: 'closed' });
    expect(party.layer.counts().keepAlives).toBe(0);
  });

  it('is pinged no more once that is stopped, and once only when asked twice', async () => {
    const { clock, party } = await keeper();
    const { hop, peer } = await connected(party);
    party.layer.keepAlive(hop, 1000);
    const second = party.layer.keepAlive(hop, 1000);
    expect(party.layer.counts().keepAlives).toBe(1);
    second.stop();
    clock.advance(5000);
    party.layer.send(options(party, hop, '', 'last'), hop, mustLeave);
    expect(pingsIn((await peer.text('Call-ID: last')).split('Call-ID: last')[0] ?? '')).toBe(0);
  });

  it('has to be open', async () => {
    const { party } = await keeper();
    const { hop } = await rawTcpServer();
    expect(() => party.layer.keepAlive(hop)).toThrow(
      expect.objectContaining({ code: 'CONNECTION_CLOSED' }),
    );
  });

  it('is pinged in the way of WebSocket where it is one', async () => {
    const { clock, gone, party } = await keeper();
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false });
    await once(server, 'listening');
    onTestFinished(() => {
      for (const one of server.clients) one.terminate();
      server.close();
    });
    const bound = server.address();
    const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
    const hop: Hop = { transport: 'ws', address: '127.0.0.1', port };
    party.layer.send(options(party, hop), hop, mustLeave);
    const [socket] = await once(server, 'connection');
    await until(() => party.layer.metrics.connectionsOpened === 1);
    party.layer.keepAlive(hop, 1000);
    for (const count of [1, 2]) {
      clock.advance(1000);
      await once(socket, 'ping');
      socket.pong();
      await until(() => party.layer.metrics.keepAlives === count);
    }
    clock.advance(1000);
    await once(socket, 'ping');
    clock.advance(defaultLimits.pongMs);
    expect(await gone.next()).toMatchObject({ reason: 'noAnswer', hop: { transport: 'ws' } });
  });
});

describe('a UDP flow that is kept alive by STUN (RFC 5626 §4.4.2)', () => {
  const kept = async () => {
    const { clock, gone, party } = await keeper();
    const raw = await rawUdp();
    const hop: Hop = { transport: 'udp', address: '127.0.0.1', port: raw.port };
    party.layer.keepAlive(hop);
    /** Answers the next request as if the client were seen at a port. */
    const answer = async (port: number): Promise<void> => {
      const request = readStun(await raw.inbox.next());
      const bytes = bindingSuccess(request?.transaction ?? '', { address: '192.0.2.9', port });
      raw.send(bytes, hopTo(party, 'udp'));
    };
    /** Lets what was sent arrive: a SIP message that follows it is answered. */
    const arrived = async (): Promise<void> => {
      raw.send(optionsText('SIP/2.0/UDP 127.0.0.1;branch=b'), hopTo(party, 'udp'));
      await party.inbox.next();
    };
    return { clock, gone, party, raw, hop, answer, arrived };
  };

  it('goes on while answers come', async () => {
    const { clock, gone, raw, answer, arrived } = await kept();
    for (const count of [1, 2, 3]) {
      clock.advance(defaultLimits.stunPingMs);
      await answer(40_000);
      await arrived();
      expect(raw.inbox.all.length).toBe(count);
    }
    expect(gone.all).toEqual([]);
  });

  it('has moved when another address is seen', async () => {
    const { clock, gone, hop, answer, arrived } = await kept();
    clock.advance(defaultLimits.stunPingMs);
    await answer(40_000);
    await arrived();
    clock.advance(defaultLimits.stunPingMs);
    await answer(40_001);
    expect(await gone.next()).toEqual({ reason: 'moved', hop });
  });

  it('has failed when seven requests are not answered', async () => {
    const { clock, gone, party, raw } = await kept();
    clock.advance(defaultLimits.stunPingMs);
    for (const waitMs of [500, 1000, 2000, 4000, 8000, 16_000]) clock.advance(waitMs);
    await raw.inbox.count(7);
    expect(new Set(raw.inbox.all.map((bytes) => readStun(bytes)?.transaction)).size).toBe(1);
    expect(gone.all).toEqual([]);
    clock.advance(8000);
    expect(gone.all).toMatchObject([{ reason: 'noAnswer' }]);
    expect(party.layer.counts().keepAlives).toBe(0);
  });

  it('takes no answer from anybody else', async () => {
    const { clock, gone, party, raw } = await kept();
    clock.advance(defaultLimits.stunPingMs);
    const request = readStun(await raw.inbox.next());
    const forged = bindingSuccess(request?.transaction ?? '', { address: '192.0.2.9', port: 1 });
    const mallory = await rawUdp();
    mallory.send(forged, hopTo(party, 'udp'));
    mallory.send(optionsText('SIP/2.0/UDP 127.0.0.1;branch=b'), hopTo(party, 'udp'));
    await party.inbox.next();
    clock.advance(60_000);
    expect(gone.all).toMatchObject([{ reason: 'noAnswer' }]);
  });
});

describe('the binding of a NAT that is kept by empty lines', () => {
  it('gets one in every 29 s at most, without any answer, until it is stopped', async () => {
    const { clock, gone, party } = await keeper();
    const raw = await rawUdp();
    const hop: Hop = { transport: 'udp', address: '127.0.0.1', port: raw.port };
    const { stop } = party.layer.keepBinding(hop);
    for (const count of [1, 2, 3]) {
      clock.advance(defaultLimits.stunPingMs);
      expect(String(await raw.inbox.next())).toBe('\r\n\r\n');
      expect(raw.inbox.all.length).toBe(count);
    }
    expect(party.layer.counts().keepAlives).toBe(1);
    stop();
    expect(party.layer.counts().keepAlives).toBe(0);
    expect(gone.all).toEqual([]);
  });

  it('is none of a connection', async () => {
    const { party } = await keeper();
    const hop: Hop = { transport: 'tcp', address: '127.0.0.1', port: 9 };
    expect(() => party.layer.keepBinding(hop)).toThrow(
      expect.objectContaining({ code: 'TRANSPORT_UNSUPPORTED' }),
    );
  });
});

describe('STUN requests at a port of SIP (RFC 5626 §8)', () => {
  const TRANSACTION = 'abcdefghijkl';
  const server = (limits: Partial<TransportLimits> = {}, host = '127.0.0.1') =>
    open([`udp:${host}:0`], { limits });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
  ])('are answered with the address of the client, on %s', async (host, address) => {
    const bob = await server({}, host);
    const raw = await rawUdp(address);
    raw.send(bindingRequest(TRANSACTION), hopTo(bob, 'udp'));
    const answer = await raw.inbox.next();
    expect(readStun(answer)).toEqual({
      kind: 'success',
      transaction: TRANSACTION,
      unknown: [],
      mapped: { address, port: raw.port },
    });
    expect(bob.layer.metrics).toMatchObject({ stunAnswered: 1, received: 0, refused: 0 });
  });

  it('are refused with attributes that nobody understands, and dropped when broken', async () => {
    const bob = await server();
    const raw = await rawUdp();
    const request = Buffer.concat([bindingRequest(TRANSACTION), Buffer.from('7fff0000', 'hex')]);
    request.writeUInt16BE(4, 2);
    raw.send(request, hopTo(bob, 'udp'));
    expect(readStun(await raw.inbox.next())?.kind).toBe('error');
    request.writeUInt16BE(0x7f, 22);
    raw.send(request, hopTo(bob, 'udp'));
    raw.send(bindingRequest('zzzzzzzzzzzz'), hopTo(bob, 'udp'));
    expect(readStun(await raw.inbox.next())?.transaction).toBe('zzzzzzzzzzzz');
  });

  it.each([0, 5])('are answered %d times a second to one source at most', async (most) => {
    const clock = new VirtualClock();
    const runtime = { ...nodeRuntime(), clock };
    const limits = { stunPerSecondPerSource: most };
    const bob = await open(['udp:127.0.0.1:0'], { limits, runtime });
    const raw = await rawUdp();
    for (let n = 0; n < 20; n++) raw.send(bindingRequest(TRANSACTION), hopTo(bob, 'udp'));
    raw.send(optionsText('SIP/2.0/UDP 127.0.0.1;branch=b'), hopTo(bob, 'udp'));
    await bob.inbox.next();
    expect(bob.layer.metrics).toMatchObject({ stunAnswered: most, droppedByAdmission: 20 - most });
  });

  it('are answered between two layers, one of which keeps its flow', async () => {
    const { clock, gone, party } = await keeper();
    const bob = await server();
    party.layer.keepAlive(hopTo(bob, 'udp'));
    const behind = hopTo(party, 'udp');
    for (const count of [1, 2, 3]) {
      clock.advance(defaultLimits.stunPingMs);
      await until(() => bob.layer.metrics.stunAnswered === count);
      bob.layer.send(options(bob, behind), behind, mustLeave);
      await party.inbox.next();
    }
    expect(gone.all).toEqual([]);
  });
});
