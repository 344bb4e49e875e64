import assert from 'node:assert/strict';
import type { DatagramIo, DatagramSocket, Endpoint, ForwardingRule } from '@strowger/runtime';
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
export function describeDatagrams(runner: TestRunner, name: string, make: () => DatagramIo): void {
  describeOnLoopback(runner, `${name} as datagrams`, make, (story) => {
    describeCarrying(story);
    describeClosing(story);
    describeRefusing(story);
  });
}

/** What `forward` promises of a `DatagramIo` whose sockets have it, on real sockets as well. */
export function describeForwarding(runner: TestRunner, name: string, make: () => DatagramIo): void {
  describeOnLoopback(runner, `${name} as datagrams that go on by themselves`, make, (story) => {
    describeForwarded(story);
  });
}

function describeOnLoopback(
  { describe, it }: TestRunner,
  name: string,
  make: () => DatagramIo,
  stories: (story: Story) => void,
): void {
  for (const address of ['127.0.0.1', '::1']) {
    describe(`${name} of ${address}`, () => {
      stories((title, body) =>
        it(title, async () => {
          const stage = new Stage(make(), address);
          try {
            await body(stage);
          } finally {
            await stage.close();
          }
        }),
      );
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

/** Says what comes next to a relay that forwards from 1000 on: numbers go up by 5, timestamps by 7. */
interface Relayed {
  readonly near: Listener;
  readonly relay: Listener;
  readonly far: Listener;
  readonly rule: ForwardingRule;
}

function describeForwarded(story: Story): void {
  const forwarding = (title: string, body: (relayed: Relayed) => Promise<void>): void =>
    story(title, async (stage) => {
      const [near, relay] = [await stage.open(), await stage.open()];
      const [out, far] = [await stage.open(), await stage.open()];
      assert.ok(relay.socket.forward, 'the sockets forward');
      const payloadTypes = new Int16Array(128).fill(-1);
      payloadTypes[8] = 96;
      await body({
        near,
        relay,
        far,
        rule: {
          from: near.socket.local,
          ssrc: 0xfedc_ba98,
          sequence: 1000,
          through: out.socket,
          to: far.socket.local,
          payloadTypes,
          asSsrc: 0x8123_4567,
          sequenceOffset: 5,
          timestampOffset: 7,
          pauseMs: 60_000,
        },
      });
    });

  forwarding('of RTP go on by themselves, and are told with their own numbers', async (it) => {
    const begun = it.relay.socket.forward?.(it.rule);
    const last = { sequence: 1003, timestamp: 0xffff_fffe, marker: true };
    for (const head of [{ sequence: 1001 }, { sequence: 1002 }, last]) {
      it.near.socket.send(rtp({ ...head, payload: [1, 2, 3] }), it.relay.socket.local);
    }
    await it.far.next();
    await it.far.next();
    const { packet, from } = await it.far.next();
    const numbers = { payloadType: 96, sequence: 1008, timestamp: 5, ssrc: 0x8123_4567 };
    assert.deepEqual([...packet], [...rtp({ ...last, ...numbers, payload: [1, 2, 3] })]);
    assert.equal(from.port, it.rule.through.local.port);
    const told: unknown[] = [];
    begun?.take(({ ageMs, ...rest }) => told.push([rest, ageMs >= 0 && ageMs < 60_000]));
    const of = (sequence: number, timestamp: number): unknown => [
      { payloadType: 8, sequence, timestamp, octets: 15 },
      true,
    ];
    assert.deepEqual(told, [of(1001, 0), of(1002, 0), of(1003, 0xffff_fffe)]);
    begun?.take(() => assert.fail('each is told once'));
    begun?.end();
    it.near.socket.send(rtp({ sequence: 1004 }), it.relay.socket.local);
    assert.deepEqual([...(await it.relay.next()).packet], [...rtp({ sequence: 1004 })]);
  });

  forwarding('that a rule does not cover are heard as they came', async (it) => {
    const bits = (first: number): Uint8Array =>
      rtp({ sequence: 1001, first, payload: [0, 0, 0, 0] });
    const others: [what: string, packet: Uint8Array][] = [
      ['the number of the last one', rtp({ sequence: 1000 })],
      ['older', rtp({ sequence: 999 })],
      ['far ahead', rtp({ sequence: 1101 })],
      ['another payload type', rtp({ sequence: 1001, payloadType: 9 })],
      ['another source', rtp({ sequence: 1001, ssrc: 0xfedc_ba99 })],
      ['another version', bits(0x40)],
      ['padding', bits(0xa0)],
      ['a header extension', bits(0x90)],
      ['a contributing source', bits(0x81)],
      ['too short', rtp({ sequence: 1001 }).subarray(0, 11)],
      ['empty', new Uint8Array(0)],
    ];
    const begun = it.relay.socket.forward?.(it.rule);
    for (const [what, packet] of others) {
      it.near.socket.send(packet, it.relay.socket.local);
      assert.deepEqual([...(await it.relay.next()).packet], [...packet], what);
    }
    it.far.socket.send(rtp({ sequence: 1001 }), it.relay.socket.local); // a stranger
    assert.equal((await it.relay.next()).from.port, it.far.socket.local.port);
    it.near.socket.send(rtp({ sequence: 1100 }), it.relay.socket.local);
    assert.equal((await it.far.next()).packet.length, 12);
    const told: number[] = [];
    begun?.take(({ sequence }) => told.push(sequence));
    assert.deepEqual(told, [1100]);
  });

  forwarding('are heard after a pause', async (it) => {
    it.relay.socket.forward?.({ ...it.rule, pauseMs: 0 });
    const ended = performance.now() + 1;
    while (performance.now() < ended); // the clock has to move
    it.near.socket.send(rtp({ sequence: 1001 }), it.relay.socket.local);
    assert.deepEqual([...(await it.relay.next()).packet], [...rtp({ sequence: 1001 })]);
  });

  forwarding('are heard while 64 were not taken, and go by the last rule', async (it) => {
    it.relay.socket.forward?.({ ...it.rule, ssrc: 1 });
    const begun = it.relay.socket.forward?.({ ...it.rule, sequence: 65_500 });
    const say = (ahead: number): void =>
      it.near.socket.send(rtp({ sequence: (65_500 + ahead) & 0xffff }), it.relay.socket.local);
    for (let ahead = 1; ahead <= 64; ahead++) {
      say(ahead);
      await it.far.next();
    }
    say(65);
    assert.deepEqual([...(await it.relay.next()).packet], [...rtp({ sequence: 29 })]);
    let told = 0;
    begun?.take(() => told++);
    assert.equal(told, 64);
    say(66);
    assert.equal((await it.far.next()).packet.length, 12);
  });
}

interface RtpParts {
  sequence: number;
  first?: number;
  marker?: boolean;
  payloadType?: number;
  timestamp?: number;
  ssrc?: number;
  payload?: readonly number[];
}

/** A packet (RFC 3550 §5.1), by default of the stream that is forwarded. */
function rtp({ sequence, ...rest }: RtpParts): Uint8Array {
  const { first = 0x80, marker = false, payloadType = 8, payload = [] } = rest;
  const packet = new Uint8Array(12 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, first);
  view.setUint8(1, (marker ? 0x80 : 0) | payloadType);
  view.setUint16(2, sequence);
  view.setUint32(4, rest.timestamp ?? 0);
  view.setUint32(8, rest.ssrc ?? 0xfedc_ba98);
  packet.set(payload, 12);
  return packet;
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
