import assert from 'node:assert/strict';
import type { DatagramIo, DatagramSocket, Endpoint } from '@strowger/runtime';
import type { TestRunner } from './describe-media-backend.ts';

/** A packet that came. */
interface Heard {
  readonly packet: Uint8Array;
  readonly from: Endpoint;
}

/** Sizes of packets that meet the borders of whatever memory they are read into; 0 is one, too. */
const SIZES = [1, 0, 172, 1200, 1472, 8191, 8192, 8193, 16_384, 40_000, 65_507];

/**
 * What every `DatagramIo` on real sockets promises. Run it once for each implementation; its sockets
 * are of loopback, IPv4 and IPv6.
 */
export function describeDatagrams(
  { describe, it }: TestRunner,
  name: string,
  make: () => DatagramIo,
): void {
  for (const address of ['127.0.0.1', '::1']) {
    const story: Story = (title, body) =>
      it(title, async () => {
        const stage = new Stage(make(), address);
        try {
          await body(stage);
        } finally {
          await stage.close();
        }
      });
    describe(`${name} as datagrams of ${address}`, () => {
      describeCarrying(story);
      describeClosing(story);
      describeRefusing(story);
    });
  }
}

type Story = (title: string, body: (stage: Stage) => Promise<void>) => void;

function describeCarrying(story: Story): void {
  story('go from socket to socket, and say where they came from', async (stage) => {
    const [a, b] = [await stage.open(), await stage.open()];
    a.socket.send(new TextEncoder().encode('hello'), b.socket.local);
    const { packet, from } = await b.next();
    assert.equal(new TextDecoder().decode(packet), 'hello');
    assert.deepEqual([from.address, from.port], [stage.address, a.socket.local.port]);
  });

  story('of any size belong to who received them', async (stage) => {
    const [a, b] = [await stage.open(), await stage.open()];
    const kept: Heard[] = [];
    for (let round = 0; round < 5; round++) {
      for (const [at, size] of SIZES.entries()) {
        a.socket.send(new Uint8Array(size).fill(at + round), b.socket.local);
        kept.push(await b.next());
      }
    }
    for (const [at, { packet }] of kept.entries()) {
      const [size, value] = [SIZES[at % SIZES.length] ?? 0, at % SIZES.length];
      const round = Math.floor(at / SIZES.length);
      assert.equal(packet.length, size);
      assert.ok(
        packet.every((octet) => octet === value + round),
        `${size} octets of round ${round} are as they came`,
      );
    }
  });

  story(
    'keep their order, those sent within a turn and those sent by who receives',
    async (stage) => {
      const a = await stage.open({ gatherSends: true });
      const b = await stage.open({ onPacket: (packet, from) => b.socket.send(packet, from) });
      const numbers = Array.from({ length: 100 }, (_, number) => number);
      for (const number of numbers) a.socket.send(Uint8Array.of(number), b.socket.local);
      const heard: unknown[] = [];
      while (heard.length < numbers.length) heard.push((await a.next()).packet[0]);
      assert.deepEqual(heard, numbers);
    },
  );

  story('tell several senders apart', async (stage) => {
    const [a, b, c] = [await stage.open(), await stage.open(), await stage.open()];
    for (const sender of [a, b, a, b, b, a]) {
      sender.socket.send(new Uint8Array(1), c.socket.local);
      assert.equal((await c.next()).from.port, sender.socket.local.port);
    }
  });
}

function describeClosing(story: Story): void {
  story('leave before their socket closes, and none after it', async (stage) => {
    const [a, b] = [await stage.open({ gatherSends: true }), await stage.open()];
    a.socket.send(Uint8Array.of(1), b.socket.local);
    await a.socket.close();
    a.socket.send(Uint8Array.of(2), b.socket.local);
    const last = await stage.open();
    last.socket.send(Uint8Array.of(3), b.socket.local);
    assert.deepEqual([[...(await b.next()).packet], [...(await b.next()).packet]], [[1], [3]]);
  });

  story('are not heard once a socket was closed, by what it heard either', async (stage) => {
    const a = await stage.open();
    let count = 0;
    const b = await stage.open({
      onPacket() {
        count++;
        void b.socket.close();
      },
    });
    for (let sent = 0; sent < 5; sent++) a.socket.send(new Uint8Array(1), b.socket.local);
    await b.next();
    // a socket that is opened meanwhile hears what was sent to it alone
    const c = await stage.open();
    a.socket.send(Uint8Array.of(7), c.socket.local);
    assert.deepEqual([...(await c.next()).packet], [7]);
    assert.equal(count, 1);
  });

  story('find a port taken, and free when its socket has closed', async (stage) => {
    const { socket } = await stage.open();
    const { port } = socket.local;
    await assert.rejects(stage.open({ port }), { code: 'EADDRINUSE' });
    await Promise.all([socket.close(), socket.close()]);
    assert.equal((await stage.open({ port })).socket.local.port, port);
  });
}

function describeRefusing(story: Story): void {
  story('to no port are told as errors, never thrown', async (stage) => {
    const { socket, errors } = await stage.open();
    const places = [0, 65_536, Number.NaN].map((port) => ({ address: stage.address, port }));
    for (const to of places) socket.send(new Uint8Array(1), to);
    assert.ok(errors.every(([error]) => error instanceof RangeError));
    assert.deepEqual(
      errors.map(([, to]) => to),
      places,
    );
  });

  story('that are too large are told with where they were meant to go', async (stage) => {
    const [a, b] = [await stage.open(), await stage.open()];
    for (const size of [65_530, 70_000, 1_000_000]) {
      a.socket.send(new Uint8Array(size), b.socket.local);
      const [error, to] = await a.nextError();
      assert.ok(error instanceof Error);
      assert.deepEqual({ ...to }, { ...b.socket.local });
    }
    a.socket.send(Uint8Array.of(9), b.socket.local);
    assert.deepEqual([...(await b.next()).packet], [9], 'the socket is usable');
  });
}

interface OpenOptions {
  port?: number;
  gatherSends?: boolean;
  onPacket?(packet: Uint8Array, from: Endpoint): void;
}

/** A socket, and what it has heard. */
class Listener {
  socket!: DatagramSocket;
  readonly errors: [Error, Endpoint | undefined][] = [];
  private readonly heard = new Waiting<Heard>();
  private readonly failed = new Waiting<[Error, Endpoint | undefined]>();

  async open(io: DatagramIo, address: string, options: OpenOptions): Promise<this> {
    const { port = 0, onPacket, gatherSends = false } = options;
    this.socket = await io.open({
      address,
      port,
      gatherSends,
      onPacket: (packet, from) => {
        onPacket?.(packet, from);
        this.heard.add({ packet, from });
      },
      onError: (error, to) => {
        this.errors.push([error, to]);
        this.failed.add([error, to]);
      },
    });
    return this;
  }

  next(): Promise<Heard> {
    return this.heard.next();
  }

  nextError(): Promise<[Error, Endpoint | undefined]> {
    return this.failed.next();
  }
}

/** Things that come, and who waits for them. */
class Waiting<T> {
  private readonly things: T[] = [];
  private wake: (() => void) | undefined;

  add(thing: T): void {
    this.things.push(thing);
    this.wake?.();
  }

  async next(): Promise<T> {
    for (;;) {
      const thing = this.things.shift();
      if (thing !== undefined) return thing;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

class Stage {
  readonly address: string;
  private readonly io: DatagramIo;
  private readonly opened: Listener[] = [];

  constructor(io: DatagramIo, address: string) {
    this.io = io;
    this.address = address;
  }

  async open(options: OpenOptions = {}): Promise<Listener> {
    const listener = await new Listener().open(this.io, this.address, options);
    this.opened.push(listener);
    return listener;
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.map(({ socket }) => socket.close()));
  }
}
