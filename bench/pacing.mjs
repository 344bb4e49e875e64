// Calls that play, in one worker, while the signalling thread does nothing but count: `node pacing.mjs
// CALLS SECONDS`. What is played goes to sockets of a child that is stopped: the kernel throws it away.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { shareBelow } from './lateness.mjs';

if (process.argv[2] === 'phones') await phones(Number(process.argv[3]));
else await pacing(Number(process.argv[2] ?? 500), Number(process.argv[3] ?? 10));

async function pacing(calls, seconds) {
  const { createMediaEngine } = await import('@strowger/media-core');
  const child = fork(fileURLToPath(import.meta.url), ['phones', String(calls)]);
  const ports = await new Promise((resolve) => child.once('message', resolve));
  const engine = createMediaEngine({
    address: '127.0.0.1',
    ports: { from: 20_000, to: 39_999 },
    codecs: ['pcmu'],
    workers: 1,
  });
  const endpoints = [];
  for (const port of ports) {
    const endpoint = await engine.openEndpoint({ label: 'bench', onEvent() {} });
    await endpoint.acceptOffer(description(port));
    endpoint.play({ type: 'tone', frequencyHz: 440 });
    endpoints.push(endpoint);
  }
  child.kill('SIGSTOP');
  await busy(3000); // warm up
  const [before] = await engine.lateness();
  const cpu = process.cpuUsage();
  await busy(seconds * 1000);
  const { user, system } = process.cpuUsage(cpu);
  const [after] = await engine.lateness();
  const stats = await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  child.kill('SIGKILL');
  await engine.close();
  console.log(
    JSON.stringify({
      within3ms: shareBelow(before, after, 3),
      skipped: after.skipped - before.skipped,
      // of both threads, one of which is busy all the time
      core: (user + system) / (seconds * 1e6),
      sent: stats.reduce((sum, { packetsSent }) => sum + packetsSent, 0),
    }),
  );
}

/** Keeps this thread at 100 %: it looks at what came in between ten milliseconds of counting each. */
async function busy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const slice = performance.now() + 10;
    while (performance.now() < slice);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function description(port) {
  const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
  return [...head, `m=audio ${port} RTP/AVP 0`, ''].join('\r\n');
}

async function phones(count) {
  const ports = [];
  for (let at = 0; at < count; at++) {
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
    ports.push(socket.address().port);
  }
  process.send(ports);
}
