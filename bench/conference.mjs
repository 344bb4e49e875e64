// A conference of G.711 phones in one worker: `node conference.mjs MEMBERS SECONDS`. A child process
// says a packet every 20 ms for each and counts what comes back.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { shareBelow } from './lateness.mjs';

if (process.argv[2] === 'phones') await phones(Number(process.argv[3]));
else await conference(Number(process.argv[2] ?? 100), Number(process.argv[3] ?? 10));

async function conference(members, seconds) {
  const { createMediaEngine } = await import('@strowger/media-core');
  const child = fork(fileURLToPath(import.meta.url), ['phones', String(members)]);
  const told = () => new Promise((resolve) => child.once('message', resolve));
  const ports = await told();
  const engine = createMediaEngine({
    address: '127.0.0.1',
    ports: { from: 20_000, to: 39_999 },
    codecs: ['pcmu'],
    workers: 1,
  });
  const room = await engine.openConference({ label: 'bench', maximum: members });
  const targets = [];
  for (const port of ports) {
    const { endpoint } = await room.openMember({ label: 'member', onEvent() {} });
    const answer = await endpoint.acceptOffer(description(port));
    targets.push(Number(/m=audio (\d+)/.exec(answer)[1]));
  }
  child.send({ targets, seconds: 2 }); // warm up
  await told();
  const [before] = await engine.lateness();
  const cpu = process.cpuUsage();
  child.send({ targets, seconds });
  const { sent, received } = await told();
  const { user, system } = process.cpuUsage(cpu);
  const [after] = await engine.lateness();
  const { slowestMixMs } = await room.stats();
  child.kill();
  await room.close();
  await engine.close();
  console.log(
    JSON.stringify({
      core: (user + system) / (seconds * 1e6),
      within5ms: shareBelow(before, after, 5),
      skipped: after.skipped - before.skipped,
      slowestMixMs,
      sent,
      received,
    }),
  );
}

function description(port) {
  const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...head, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n');
}

async function phones(count) {
  const sockets = [];
  let received = 0;
  for (let at = 0; at < count; at++) {
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.on('message', () => received++);
    sockets.push(socket);
  }
  process.send(sockets.map((socket) => socket.address().port));
  let sequence = 0;
  process.on('message', ({ targets, seconds }) => {
    received = 0;
    let sent = 0;
    const began = performance.now();
    const packet = Buffer.alloc(172, 0x55);
    packet[0] = 0x80;
    packet[1] = 0;
    const step = () => {
      for (; sent < ((performance.now() - began) / 20) * count; ) {
        packet.writeUInt16BE(sequence & 0xffff, 2);
        packet.writeUInt32BE((sequence * 160) >>> 0, 4);
        for (const [at, socket] of sockets.entries()) {
          packet.writeUInt32BE(at + 1, 8);
          socket.send(Buffer.from(packet), targets[at], '127.0.0.1');
          sent++;
        }
        sequence++;
      }
      if (performance.now() - began < seconds * 1000) return setTimeout(step, 2);
      process.send({ sent, received });
    };
    step();
  });
}
