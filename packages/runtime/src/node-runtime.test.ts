import { describe, expect, it } from 'vitest';
import { nodeRuntime } from './node-runtime.ts';

describe('datagrams', () => {
  it.each(['127.0.0.1', '::1'])('go from socket to socket on %s', async (address) => {
    const { datagrams } = nodeRuntime();
    const heard = deferred<{ text: string; port: number }>();
    const receiver = await datagrams.open({
      address,
      port: 0,
      onPacket: (packet, from) =>
        heard.resolve({ text: new TextDecoder().decode(packet), port: from.port }),
    });
    const sender = await datagrams.open({ address, port: 0, onPacket: () => {} });
    sender.send(new TextEncoder().encode('hello'), receiver.local);
    expect(await heard.promise).toEqual({ text: 'hello', port: sender.local.port });
    await Promise.all([sender.close(), receiver.close(), receiver.close()]);
  });

  it('refuse a port that is taken, and free it when closed', async () => {
    const { datagrams } = nodeRuntime();
    const first = await datagrams.open({ address: '127.0.0.1', port: 0, onPacket: () => {} });
    const again = { address: '127.0.0.1', port: first.local.port, onPacket: () => {} };
    await expect(datagrams.open(again)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.close();
    const second = await datagrams.open(again);
    await second.close();
  });
});

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
