import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type DatagramSocket, type Endpoint, nodeRuntime } from '@strowger/runtime';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createDatagramIo } from '../src/index.ts';

const opened: DatagramSocket[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((socket) => socket.close()));
});

describe('a batch', () => {
  it('is heard to its end though a listener throws', async () => {
    const thrown = catchUncaught();
    const { socket, packets } = await listen({
      onPacket(packet) {
        if (packet[0] === 1) throw new Error('of a listener');
      },
    });
    const sender = await open();
    for (const number of [0, 1, 2]) sender.send(Uint8Array.of(number), socket.local);
    expect(await packets(3)).toEqual([[0], [1], [2]]);
    expect(await thrown).toEqual(new Error('of a listener'));
  });

  it('is a copy of what is sent: the sender may write into its memory again', async () => {
    const { socket, packets } = await listen();
    const sender = await open();
    const reused = new Uint8Array(1);
    for (reused[0] = 0; reused[0] < 100; reused[0]++) sender.send(reused, socket.local);
    expect((await packets(100)).flat()).toEqual(Array.from({ length: 100 }, (_, at) => at));
  });

  it('leaves from several sockets, each in its order', async () => {
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen()));
    const senders = await Promise.all(Array.from({ length: 5 }, () => open()));
    for (let number = 0; number < 50; number++) {
      for (const sender of senders) {
        for (const { socket } of listeners) sender.send(Uint8Array.of(number), socket.local);
      }
    }
    for (const { packets, from } of listeners) {
      const heard = (await packets(250)).flat();
      for (const sender of senders) {
        const its = heard.filter((_, at) => from[at]?.port === sender.local.port);
        expect(its).toEqual(Array.from({ length: 50 }, (_, at) => at));
      }
    }
  });

  it('leaves out who was closed while many were ready, and takes nobody for them', async () => {
    const all: Awaited<ReturnType<typeof listen>>[] = [];
    const successors: ReturnType<typeof listen>[] = [];
    const sender = await open();
    const onPacket = (): void => {
      if (successors.length > 0) return;
      // more are ready than are read in one go: some of these wait, and their descriptors go to others
      for (const { socket } of all.slice(40, 90)) void socket.close();
      for (let number = 0; number < 50; number++) successors.push(listen());
    };
    for (let number = 0; number < 100; number++) all.push(await listen({ onPacket }));
    for (const { socket } of all) sender.send(Uint8Array.of(7), socket.local);
    await all[0]?.packets(1);
    const later = await Promise.all(successors);
    for (const { socket } of later) sender.send(Uint8Array.of(8), socket.local);
    for (const { packets } of [...all.slice(0, 40), ...all.slice(90)]) {
      expect(await packets(1)).toEqual([[7]]);
    }
    for (const { packets } of later) expect(await packets(1)).toEqual([[8]]);
    expect(all.slice(40, 90).flatMap(({ from }) => from)).toEqual([]);
  });

  it('goes on behind a packet that the kernel refuses', async () => {
    const { socket, packets } = await listen();
    const errors: unknown[] = [];
    const sender = await open({
      onError(error, to) {
        errors.push([error, to]);
        // what is sent while errors are told goes as well
        sender.send(Uint8Array.of(3), socket.local);
      },
    });
    sender.send(Uint8Array.of(1), socket.local);
    sender.send(new Uint8Array(65_535), socket.local);
    sender.send(Uint8Array.of(2), socket.local);
    expect(await packets(3)).toEqual([[1], [2], [3]]);
    const message = expect.stringMatching(/^send EMSGSIZE 127\.0\.0\.1:\d+$/) as string;
    const error = expect.objectContaining({ code: 'EMSGSIZE', syscall: 'send', message });
    expect(errors).toEqual([[error, socket.local]]);
  });

  it.each(['::1', 'localhost', ''])('takes nothing from 127.0.0.1 to "%s"', async (address) => {
    const errors: unknown[] = [];
    const sender = await open({ onError: (...error) => errors.push(error) });
    sender.send(Uint8Array.of(1), { address, port: 5060 });
    expect(errors).toEqual([[expect.any(RangeError), { address, port: 5060 }]]);
  });

  it.each(['localhost', '300.1.1.1', 'x'.repeat(500)])(
    'opens no socket at "%s"',
    async (address) => {
      const io = createDatagramIo();
      const opening = io.open({ address, port: 0, onPacket() {} });
      await expect(opening).rejects.toMatchObject({ code: 'EINVAL', syscall: 'bind' });
    },
  );
});

describe('a socket that forwards', () => {
  const rule = (from: DatagramSocket, through: DatagramSocket, to: DatagramSocket) => ({
    from: from.local,
    through,
    to: to.local,
    ssrc: 0,
    asSsrc: 9,
    sequence: 0,
    sequenceOffset: 0,
    timestampOffset: 0,
    payloadTypes: Int16Array.from({ length: 128 }, (_, at) => (at === 8 ? 0 : -1)),
    pauseMs: 60_000,
  });
  const packet = (sequence: number, payloadType = 8): Uint8Array =>
    Uint8Array.of(0x80, payloadType, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 0);

  it('hears its packets where they can no longer go, and takes no other socket for that', async () => {
    const [near, far, through] = [await open(), await listen(), await open()];
    const { socket, packets } = await listen();
    const forwarding = socket.forward?.(rule(near, through, far.socket));
    await through.close();
    const successor = await open();
    near.send(packet(1), socket.local);
    expect(await packets(1)).toEqual([[...packet(1)]]);
    expect(far.from).toEqual([]);
    expect(socket.forward?.(rule(near, through, far.socket))).toBeUndefined();
    forwarding?.end();
    socket.forward?.(rule(near, successor, far.socket));
    near.send(packet(2), socket.local);
    await far.packets(1);
    expect(far.from).toEqual([successor.local]);
  });

  it('keeps the order of what comes to it: nothing passes by what is heard', async () => {
    const [near, far, through] = [await open(), await listen(), await open()];
    const { socket, packets } = await listen({
      onPacket: (heard) => through.send(heard, far.socket.local),
    });
    socket.forward?.(rule(near, through, far.socket));
    // the second packet is heard, and sent on when all of its batch have been read
    for (let at = 1; at <= 40; at++) near.send(packet(at, at % 10 === 2 ? 9 : 8), socket.local);
    const order = (await far.packets(40)).map((bytes) => bytes[3]);
    expect(order).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
    expect((await packets(4)).length).toBeLessThan(40);
  });

  it('is none of another kind: those are asked packet by packet', async () => {
    const [near, far] = [await open(), await listen()];
    const { datagrams } = nodeRuntime();
    const other = await datagrams.open({ address: '127.0.0.1', port: 0, onPacket() {} });
    opened.push(other);
    expect(near.forward?.(rule(near, other, far.socket))).toBeUndefined();
  });
});

describe('ports', () => {
  it('are shared where both want that', async () => {
    const first = await open({ reusePort: true });
    const second = await open({ reusePort: true, port: first.local.port });
    expect(second.local.port).toBe(first.local.port);
  });

  it('leave no descriptor behind, bound or not', async () => {
    const taken = await open();
    const before = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 20; round++) {
      await expect(open({ port: taken.local.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await (await open()).close();
    }
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

describe('a thread', () => {
  it('has one batch, however often the module is loaded', async () => {
    const { socket, packets } = await listen();
    vi.resetModules();
    const again = await import('../src/index.ts');
    expect(again.createDatagramIo).not.toBe(createDatagramIo);
    const other = await again
      .createDatagramIo()
      .open({ address: '127.0.0.1', port: 0, onPacket() {} });
    opened.push(other);
    other.send(Uint8Array.of(4), socket.local);
    expect(await packets(1)).toEqual([[4]]);
  });

  /** Echoes at the port that it tells, or sends to itself for ever. */
  const program = (isBusy: boolean): string => `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}).then(async (it) => {
      const socket = await it.createDatagramIo().open({
        address: '127.0.0.1',
        port: 0,
        onPacket: (packet, from) => socket.send(packet, from),
      });
      for (let at = 0; at < 40; at++) {
        if (${isBusy}) socket.send(new Uint8Array(172), socket.local);
      }
      parentPort.postMessage(socket.local.port);
    });`;

  it('has sockets of its own, which end with it in the midst of packets', async () => {
    const [echo, busy] = [program(false), program(true)].map((text) => {
      const worker = new Worker(text, { eval: true, execArgv: [] });
      return { worker, port: new Promise<number>((tell) => worker.once('message', tell)) };
    });
    const { socket, packets } = await listen();
    const to = { address: '127.0.0.1', port: (await echo?.port) ?? 0 };
    socket.send(Uint8Array.of(5), to);
    expect(await packets(1)).toEqual([[5]]);
    for (const one of [echo, busy]) {
      const port = await one?.port;
      expect(await one?.worker.terminate()).toBe(1);
      if (port !== undefined) expect((await open({ port })).local.port).toBe(port);
    }
  });
});

interface OpenOptions {
  port?: number;
  reusePort?: boolean;
  onPacket?(packet: Uint8Array): void;
  onError?(error: Error, to?: Endpoint): void;
}

async function open({ port = 0, onPacket = () => {}, ...rest }: OpenOptions = {}) {
  const io = createDatagramIo();
  const socket = await io.open({ address: '127.0.0.1', port, onPacket, ...rest });
  opened.push(socket);
  return socket;
}

/** A socket whose packets can be waited for. */
async function listen({ onPacket }: Pick<OpenOptions, 'onPacket'> = {}) {
  const heard: number[][] = [];
  const from: Endpoint[] = [];
  let wake = (): void => {};
  const socket = await createDatagramIo().open({
    address: '127.0.0.1',
    port: 0,
    receiveBufferBytes: 1 << 20,
    onPacket(packet, sender) {
      heard.push([...packet]);
      from.push(sender);
      wake();
      onPacket?.(packet);
    },
  });
  opened.push(socket);
  const packets = async (count: number): Promise<number[][]> => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
    return heard;
  };
  return { socket, packets, from };
}

/** What nobody catches, instead of the test runner. */
function catchUncaught(): Promise<unknown> {
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  return new Promise((resolve) => process.once('uncaughtException', resolve));
}
