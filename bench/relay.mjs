// CPU per relayed RTP packet: `node relay.mjs strowger|dgram STREAMS SECONDS`. A child process sends
// 172-byte packets every 20 ms on each stream; the relay sends them on; the child counts.
// strowger: two legs of the media engine. dgram: a bare loop, one `send` per packet, the floor.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';

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
  const { targets, close } = await { strowger: relayByEngine, dgram: relayByLoop }[kind](ports);
  generator.send({ targets, seconds: 1 }); // warm up, and let symmetric RTP lock on
  await new Promise((resolve) => generator.once('message', resolve));
  const before = process.cpuUsage();
  generator.send({ targets, seconds });
  const { sent, received } = await new Promise((resolve) => generator.once('message', resolve));
  const { user, system } = process.cpuUsage(before);
  generator.kill();
  await close();
  console.log(JSON.stringify({ microseconds: (user + system) / received, sent, received }));
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

async function relayByEngine(pairs) {
  const { createMediaEngine } = await import('@strowger/media-core');
  const ports = { from: 20_000, to: 39_999 };
  const engine = createMediaEngine({ address: '127.0.0.1', ports, codecs: ['pcmu'], workers: 1 });
  const targets = [];
  const onEvent = () => {};
  for (const { a, b } of pairs) {
    const relayed = await engine.openRelay({ label: `${a}`, onEvent });
    const answer = relayed.a.acceptOffer(description(a));
    await relayed.b.createOffer();
    await relayed.b.acceptAnswer(description(b));
    targets.push(Number(/m=audio (\d+)/.exec(await answer)[1]));
  }
  return { targets, close: () => engine.close() };
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
  const streams = Number(process.argv[3]);
  let received = 0;
  const sockets = [];
  for (let index = 0; index < streams; index++) {
    const a = await bound();
    const b = await bound();
    b.on('message', () => received++);
    sockets.push({ a, b });
  }
  process.send(sockets.map(({ a, b }) => ({ a: a.address().port, b: b.address().port })));
  process.on('message', async ({ targets, seconds }) => {
    received = 0;
    const packets = seconds * 50;
    const began = performance.now();
    for (let sequence = 0; sequence < packets; sequence++) {
      sockets.forEach(({ a }, index) =>
        a.send(packet(index, sequence), targets[index], '127.0.0.1'),
      );
      const wait = began + (sequence + 1) * 20 - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
    }
    first += packets; // the next load continues these streams
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.send({ sent: packets * streams, received });
  });
}

async function bound() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return socket;
}

let first = 0;
function packet(stream, sequence) {
  const bytes = Buffer.alloc(172, 0xff);
  bytes[0] = 0x80;
  bytes[1] = 0;
  bytes.writeUInt16BE((first + sequence) & 0xffff, 2);
  bytes.writeUInt32BE(((first + sequence) * 160) >>> 0, 4);
  bytes.writeUInt32BE(0x1000 + stream, 8);
  return bytes;
}
