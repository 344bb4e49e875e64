import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { canMarkStreams, TransportLayer } from '../src/index.ts';
import { markStream } from '../src/service-class.ts';
import { hopTo, open } from './loopback.ts';
import { type DatagramIo, nodeRuntime } from '@strowger/runtime';

it('refuses what is no code point', () => {
  const wrong = (): unknown =>
    new TransportLayer({
      runtime: nodeRuntime(),
      listen: ['udp:127.0.0.1:0'],
      dscp: 64,
      onMessage: () => {},
    });
  expect(wrong).toThrow(expect.objectContaining({ code: 'BAD_DSCP' }));
});

it('asks the sockets of UDP for it, and those alone that were to be marked', async () => {
  const asked: unknown[] = [];
  const { datagrams, ...rest } = nodeRuntime();
  const watched: DatagramIo = {
    open(options) {
      asked.push(options.dscp);
      return datagrams.open(options);
    },
  };
  const runtime = { ...rest, datagrams: watched };
  const listen = ['udp:127.0.0.1:0'];
  for (const marks of [{ dscp: 24 }, {}]) {
    const layer = new TransportLayer({ runtime, listen, onMessage: () => {}, ...marks });
    await layer.start();
    await layer.close();
  }
  expect(asked).toEqual([24, undefined]);
});

it('connections open whether they can be marked or not', async () => {
  const { layer, ...party } = await open(['tcp:127.0.0.1:0'], { dscp: 24 });
  const { port } = hopTo({ layer, ...party }, 'tcp');
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  expect(layer.listening).toHaveLength(1);
});

if (canMarkStreams()) {
  it('marks the six upper bits of the octet', async () => {
    const { layer, ...party } = await open(['tcp:127.0.0.1:0']);
    const socket = connect(hopTo({ layer, ...party }, 'tcp').port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    markStream(socket, 24);
    // younger than the oldest Node's types
    const marked = socket as Socket & { getTypeOfService(): number };
    expect(marked.getTypeOfService()).toBe(96);
  });
} else {
  console.log('skipped: marking the packets of streams (needs Node 24)');
}
