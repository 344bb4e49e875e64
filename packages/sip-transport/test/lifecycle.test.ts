import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { nodeRuntime } from '@strowger/runtime';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TransportLayer } from '../src/index.ts';
import { failure, hopTo, mustLeave, open, options, rawTcpServer, rawUdp } from './loopback.ts';

const BOTH = ['udp:127.0.0.1:0', 'tcp:127.0.0.1:0'];
const never = (): void => {
  throw new Error('nothing was expected');
};

describe('starting', () => {
  it('tells where it listens once port 0 was chosen', async () => {
    const { layer } = await open([...BOTH, 'udp:[::1]:0', 'tcp:[::1]:0']);
    expect(layer.listening.map(({ transport, address }) => `${transport} ${address}`)).toEqual([
      'udp 127.0.0.1',
      'tcp 127.0.0.1',
      'udp ::1',
      'tcp ::1',
    ]);
    expect(layer.listening.every(({ port }) => port > 0)).toBe(true);
    expect(layer.counts().sockets).toBe(4);
  });

  it('fails as a whole where one address is in use, and holds nothing then', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address();
    const layer = new TransportLayer({
      runtime: nodeRuntime(),
      listen: ['tcp:127.0.0.1:0', `udp:127.0.0.1:${port}`],
      onMessage: never,
    });
    await expect(layer.start()).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: expect.stringContaining(`udp 127.0.0.1 port ${port}`),
      cause: { code: 'EADDRINUSE' },
    });
    expect(layer.counts().sockets).toBe(0);
    await layer.close();
  });

  it('needs a listen point', () => {
    const make = () => new TransportLayer({ runtime: nodeRuntime(), listen: [], onMessage: never });
    expect(make).toThrow(expect.objectContaining({ code: 'BAD_LISTEN_POINT' }));
  });
});

describe('listening on one more point', () => {
  it('reaches and is reached there from then on', async () => {
    const [alice, bob] = [await open(['udp:127.0.0.1:0']), await open(['tcp:127.0.0.1:0'])];
    const hop = hopTo(bob, 'tcp');
    expect(() => hopTo(alice, 'tcp')).toThrow();
    await alice.layer.listen('tcp:127.0.0.1:0');
    alice.layer.send(options(alice, hop), hop, mustLeave);
    await bob.inbox.next();
    bob.layer.send(options(bob, hopTo(alice, 'tcp')), hopTo(alice, 'tcp'), mustLeave);
    await alice.inbox.next();
    await alice.layer.close();
    expect(alice.layer.counts().sockets).toBe(0);
  });

  it('changes nothing where the address is in use, or what is shown is missing', async () => {
    const { layer } = await open(['udp:127.0.0.1:0']);
    const port = layer.listening[0]?.port;
    await expect(layer.listen(`udp:127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
    });
    await expect(layer.listen('tls:127.0.0.1:0')).rejects.toMatchObject({
      code: 'BAD_CERTIFICATE',
    });
    expect(layer.listening).toHaveLength(1);
    await layer.close();
    await expect(layer.listen('tcp:127.0.0.1:0')).rejects.toMatchObject({
      code: 'TRANSPORT_CLOSED',
    });
  });
});

it('keeps the connections from addresses that stay when others change', async () => {
  const [alice, bob] = [await open(BOTH), await open(BOTH)];
  const hop = hopTo(bob, 'tcp');
  alice.layer.send(options(alice, hop), hop, mustLeave);
  await bob.inbox.next();
  alice.layer.networkChanged();
  alice.layer.send(options(alice, hop, '', 'again'), hop, mustLeave);
  await bob.inbox.next();
  expect(bob.layer.metrics.connectionsAccepted).toBe(1);
});

describe('closing', () => {
  it('releases the ports for the next to bind', async () => {
    const first = await open(BOTH);
    const again = first.layer.listening.map((one) => `${one.transport}:${one.address}:${one.port}`);
    await first.layer.close();
    const second = await open(again);
    expect(second.layer.listening).toEqual(first.layer.listening);
  });

  it('lets leave what was sent in the same turn', async () => {
    const alice = await open(BOTH);
    const udp = await rawUdp();
    const to = { transport: 'udp', address: '127.0.0.1', port: udp.port } as const;
    const { hop, peers } = await rawTcpServer();
    alice.layer.send(options(alice, to, '', 'by datagram'), to, mustLeave);
    alice.layer.send(options(alice, hop, '', 'by stream'), hop, mustLeave);
    await alice.layer.close();
    expect(Buffer.from(await udp.inbox.next()).toString()).toContain('by datagram');
    await (await peers.next()).text('by stream');
  });

  it('may be asked for twice, before the start, and by `await using`', async () => {
    const alice = await open(BOTH);
    await Promise.all([alice.layer.close(), alice.layer.close()]);
    await alice.layer[Symbol.asyncDispose]();
    const idle = new TransportLayer({ runtime: nodeRuntime(), listen: BOTH, onMessage: never });
    await idle.close();
  });

  it('closes what was starting', async () => {
    const layer = new TransportLayer({ runtime: nodeRuntime(), listen: BOTH, onMessage: never });
    const started = layer.start();
    await layer.close();
    await started;
    expect(layer.counts().sockets).toBe(0);
  });

  it('fails what is sent afterwards', async () => {
    const alice = await open(BOTH);
    const bob = await open(BOTH);
    const request = options(alice, hopTo(bob, 'udp'));
    await alice.layer.close();
    expect((await failure(alice, request, hopTo(bob, 'udp'))).code).toBe('TRANSPORT_CLOSED');
  });

  it('never fails a message from within send', async () => {
    const alice = await open(BOTH);
    const bob = await open(BOTH);
    const request = options(alice, hopTo(bob, 'udp'));
    await alice.layer.close();
    let isSending = true;
    const told = new Promise((resolve) =>
      alice.layer.send(request, hopTo(bob, 'udp'), () => resolve(isSending)),
    );
    isSending = false;
    expect(await told).toBe(false);
  });
});

describe('what it calls itself in Via and Contact', () => {
  const udp = (address: string) => ({ transport: 'udp', address, port: 5060 }) as const;

  it('is the bound address of the family', async () => {
    const { layer } = await open(['udp:127.0.0.1:0', 'udp:[::1]:0']);
    const [four, six] = layer.listening;
    expect(layer.sentBy(udp('127.0.0.1'))).toEqual({ host: '127.0.0.1', port: four?.port });
    expect(layer.sentBy(udp('::1'))).toEqual({ host: '::1', port: six?.port });
  });

  it('is what is advertised, where that fits the family', async () => {
    const advertised = { host: '198.51.100.7', port: 5070 };
    const { layer } = await open(['udp:127.0.0.1:0', 'udp:[::1]:0'], { advertised });
    expect(layer.sentBy(udp('127.0.0.1'))).toEqual(advertised);
    expect(layer.sentBy(udp('::1')).host).toBe('::1');
  });

  it('is an advertised name in every family, with the bound port by default', async () => {
    const advertised = { host: 'pbx.example' };
    const { layer } = await open(['udp:127.0.0.1:0', 'udp:[::1]:0'], { advertised });
    const six = layer.listening[1];
    expect(layer.sentBy(udp('::1'))).toEqual({ host: 'pbx.example', port: six?.port });
  });

  it('is never a wildcard', async () => {
    const { layer } = await open(['udp:0.0.0.0:0', 'udp:[::]:0']);
    expect(layer.sentBy(udp('127.0.0.1')).host).toBe('127.0.0.1');
    expect(layer.sentBy(udp('::1')).host).toBe('::1');
    expect(layer.sentBy(udp('192.0.2.1')).host).not.toBe('0.0.0.0');
  });

  it('is that of the listen point nearest to the peer', async () => {
    const { layer } = await open(['udp:0.0.0.0:0', 'udp:127.0.0.1:0']);
    expect(layer.sentBy(udp('127.0.0.1')).port).toBe(layer.listening[1]?.port);
    expect(layer.sentBy(udp('192.0.2.1')).port).toBe(layer.listening[0]?.port);
  });
});
