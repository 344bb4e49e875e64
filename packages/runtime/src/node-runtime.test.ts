import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeRuntime } from './node-runtime.ts';

it('watches its addresses, and lets the process end meanwhile', () => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const stop = nodeRuntime().network?.watch(() => {});
  expect(stop).toBeDefined();
  expect(timers()).toBe(before);
  stop?.();
});

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

  it('that are gathered leave in their order, and the last before the socket closes', async () => {
    const { datagrams } = nodeRuntime();
    const heard: number[] = [];
    const all = deferred<void>();
    const receiver = await datagrams.open({
      address: '127.0.0.1',
      port: 0,
      onPacket: (packet) => {
        heard.push(packet[0] ?? -1);
        if (heard.length === 100) all.resolve();
      },
    });
    const open = { address: '127.0.0.1', port: 0, onPacket: () => {}, gatherSends: true };
    const sender = await datagrams.open(open);
    for (let number = 0; number < 100; number++) {
      sender.send(Uint8Array.of(number), receiver.local);
    }
    await sender.close();
    await all.promise;
    expect(heard).toEqual(Array.from({ length: 100 }, (_, number) => number));
    await receiver.close();
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

  it('hold no descriptor for a port that could not be bound', async () => {
    const { datagrams } = nodeRuntime();
    const first = await datagrams.open({ address: '127.0.0.1', port: 0, onPacket: () => {} });
    const again = { address: '127.0.0.1', port: first.local.port, onPacket: () => {} };
    const before = openDescriptors();
    for (let at = 0; at < 5; at++) await datagrams.open(again).catch(() => {});
    expect(openDescriptors()).toBe(before);
    await first.close();
  });

  it.each([0, 65_536, Number.NaN])('to port %d are told as errors, never thrown', async (port) => {
    const { datagrams } = nodeRuntime();
    const errors: unknown[] = [];
    const onError = (...error: unknown[]): unknown => errors.push(error);
    const open = { address: '127.0.0.1', port: 0, onPacket: () => {}, onError };
    const socket = await datagrams.open(open);
    const to = { address: '127.0.0.1', port };
    socket.send(new Uint8Array(1), to);
    expect(errors).toEqual([[expect.any(RangeError), to]]);
    await socket.close();
  });

  it('that the kernel refuses are told with where they were meant to go', async () => {
    const { datagrams } = nodeRuntime();
    const refused = deferred<unknown>();
    const onError = (_: Error, to?: unknown): void => refused.resolve(to);
    const open = { address: '127.0.0.1', port: 0, onPacket: () => {}, onError };
    const socket = await datagrams.open(open);
    socket.send(new Uint8Array(70_000), { address: '127.0.0.1', port: 9 });
    expect(await refused.promise).toEqual({ address: '127.0.0.1', port: 9 });
    await socket.close();
  });
});

/** Where the system does not list them, none. */
function openDescriptors(): number {
  return existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
