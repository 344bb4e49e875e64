// CPU per relayed RTP packet: `node relay.mjs KIND STREAMS SECONDS`. A child process sends 172-byte
// packets every 20 ms on each stream, not all at once; the relay sends them on; the child counts, and
// sees how long each was under way.
// strowger: two legs of the media engine. gathered: the same, which looks at its sockets once a
// millisecond at most. batched: the same on datagram-batch, at once; resting: both. dgram: a bare loop,
// one `send` per packet. connected: the same with two sockets, each connected to its side. rtpengine: a
// daemon in userspace, behind the port of media-rtpengine. direct: nobody between.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMicroseconds, folder, start, until } from './processes.mjs';

/** The number of the first packet of a load: each goes on where the one before ended. */
let first = 0;
/** Before anything is measured: the engine compiles, and collects what all that has left behind. */
const WARM_UP_SECONDS = 12;
/** Of a stream: they have begun at any time, and are spread over it. */
const PERIOD_MS = 20;
/** Where a packet says when it was sent. */
const SENT_AT = 12;
const PORTS = { from: 20_000, to: 39_999 };
const BATCHED = import.meta.resolve('@strowger/datagram-batch');

if (process.argv[2] === 'generate') {
  await generate();
} else {
  await relay(
    process.argv[2] ?? 'strowger',
    Number(process.argv[3] ?? 50),
    Number(process.argv[4] ?? 4),
  );
}

async function relay(kind, streams, seconds) {
  const generator = fork(fileURLToPath(import.meta.url), ['generate', String(streams)]);
  const ports = await new Promise((resolve) => generator.once('message', resolve));
  const relays = {
    strowger: (pairs) => relayByEngine(pairs, { wakeUpMs: 0 }),
    gathered: (pairs) => relayByEngine(pairs, { wakeUpMs: 1 }),
    batched: (pairs) => relayByEngine(pairs, { wakeUpMs: 0, workerDatagrams: BATCHED }),
    resting: (pairs) => relayByEngine(pairs, { wakeUpMs: 1, workerDatagrams: BATCHED }),
    dgram: relayByLoop,
    connected: relayByConnectedLoop,
    rtpengine: relayByRtpengine,
    direct: (pairs) => ({ targets: pairs.map(({ b }) => b), close: async () => {} }),
  };
  const { targets, close, cpu = ownCpu } = await relays[kind](ports);
  // symmetric RTP locks on, too
  generator.send({ targets, seconds: WARM_UP_SECONDS });
  await new Promise((resolve) => generator.once('message', resolve));
  const before = cpu();
  generator.send({ targets, seconds });
  const outcome = await new Promise((resolve) => generator.once('message', resolve));
  const used = cpu() - before;
  generator.kill();
  await close();
  console.log(JSON.stringify({ microseconds: used / outcome.received, ...outcome }));
}

function ownCpu() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function relayByLoop(pairs) {
  const sockets = [];
  const targets = [];
  for (const { b } of pairs) {
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.on('message', (bytes) => socket.send(bytes, b, '127.0.0.1'));
    sockets.push(socket);
    targets.push(socket.address().port);
  }
  return { targets, close: async () => sockets.forEach((socket) => socket.close()) };
}

async function relayByConnectedLoop(pairs) {
  const sockets = [];
  const targets = [];
  for (const { a, b } of pairs) {
    const [near, far] = [await connected(a), await connected(b)];
    near.on('message', (bytes) => far.send(bytes));
    sockets.push(near, far);
    targets.push(near.address().port);
  }
  return { targets, close: async () => sockets.forEach((socket) => socket.close()) };
}

async function connected(port) {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  await new Promise((resolve) => socket.connect(port, '127.0.0.1', resolve));
  return socket;
}

async function relayByEngine(pairs, options) {
  const { createMediaEngine } = await import('@strowger/media-core');
  const engine = createMediaEngine({
    address: '127.0.0.1',
    ports: PORTS,
    codecs: ['pcmu'],
    workers: 1,
    ...options,
  });
  return { targets: await openRelays(engine, pairs), close: () => engine.close() };
}

async function relayByRtpengine(pairs) {
  const { createMediaEngine } = await import('@strowger/media-core');
  const { NgClient, RtpengineBackend } = await import('@strowger/media-rtpengine');
  const { nodeRuntime } = await import('@strowger/runtime');
  const engine = { address: '127.0.0.1', port: 22_222 };
  const daemon = start('rtpengine', [
    '--config-file=none',
    '--foreground',
    '--log-stderr',
    '--log-level=3',
    '--table=-1',
    '--interface=127.0.0.1',
    `--listen-ng=${engine.address}:${engine.port}`,
    `--port-min=${PORTS.from}`,
    `--port-max=${PORTS.to}`,
    '--num-threads=2',
    `--pidfile=${join(folder, 'rtpengine.pid')}`,
  ]);
  const client = new NgClient({ runtime: nodeRuntime(), engine });
  await until('rtpengine', async () => (await client.request('ping')).result === 'pong');
  await client.close();
  // for endpoints, of which there are none
  const terminal = createMediaEngine({ address: '127.0.0.1', ports: { from: 40_000, to: 40_001 } });
  const backend = new RtpengineBackend({ engines: [engine], terminal, pollMs: 60_000 });
  return {
    targets: await openRelays(backend, pairs),
    cpu: () => cpuMicroseconds(daemon.pid),
    close: async () => {
      await backend.close();
      await daemon.stop('SIGKILL');
    },
  };
}

/** The ports to which each first party sends. */
async function openRelays(backend, pairs) {
  const targets = [];
  for (const { a, b } of pairs) {
    const relayed = await backend.openRelay({ label: `${a}`, onEvent: () => {} });
    const answer = relayed.a.acceptOffer(description(a));
    await relayed.b.createOffer();
    await relayed.b.acceptAnswer(description(b));
    targets.push(Number(/m=audio (\d+)/.exec(await answer)[1]));
  }
  return targets;
}

function description(port) {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=sendrecv',
    '',
  ].join('\r\n');
}

/** In the child: per stream a socket that sends (a) and one that counts (b). */
async function generate() {
  process.on('disconnect', () => process.exit(1)); // the relay could not be made
  const streams = Number(process.argv[3]);
  let delays = [];
  const sockets = [];
  for (let index = 0; index < streams; index++) {
    const a = await bound();
    const b = await bound();
    b.on('message', (bytes) => delays.push(performance.now() - bytes.readDoubleBE(SENT_AT)));
    // once: to an address from which nothing ever comes a relay does not send for long
    b.once('message', (bytes, { port, address }) => b.send(bytes, port, address));
    sockets.push({ a, b });
  }
  process.send(sockets.map(({ a, b }) => ({ a: a.address().port, b: b.address().port })));
  process.on('message', async ({ targets, seconds }) => {
    delays = [];
    const packets = seconds * 50;
    const began = performance.now();
    for (let ms = 0; ms < packets * PERIOD_MS; ms++) {
      for (let index = ms % PERIOD_MS; index < streams; index += PERIOD_MS) {
        const bytes = packet(index, Math.floor(ms / PERIOD_MS));
        sockets[index].a.send(bytes, targets[index], '127.0.0.1');
      }
      const wait = began + ms + 1 - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      else await new Promise((resolve) => setImmediate(resolve));
    }
    first += packets; // the next load continues these streams
    await new Promise((resolve) => setTimeout(resolve, 200));
    delays.sort((one, other) => one - other);
    const p99Ms = delays[Math.floor(delays.length * 0.99)];
    process.send({ sent: packets * streams, received: delays.length, p99Ms });
  });
}

async function bound() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

function packet(stream, sequence) {
  const bytes = Buffer.alloc(172, 0xff);
  bytes[0] = 0x80;
  bytes[1] = 0;
  bytes.writeUInt16BE((first + sequence) & 0xffff, 2);
  bytes.writeUInt32BE(((first + sequence) * 160) >>> 0, 4);
  bytes.writeUInt32BE(0x1000 + stream, 8);
  bytes.writeDoubleBE(performance.now(), SENT_AT);
  return bytes;
}
