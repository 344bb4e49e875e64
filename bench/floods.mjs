// What strangers cannot do to the PBX: `node floods.mjs [--seconds N] [--rounds N] [--invites N]`.
// T03: requests with Call-IDs of their own, as many as it can answer, then ten times as many; its
// memory may grow by half at most, and it answers within five seconds after. T02: INVITEs over TCP
// and a reset at a random instant, again and again; nothing may be left. Ends with 1 where it fails.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { folder, start, until } from './processes.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    rounds: { type: 'string', default: '1000' },
    invites: { type: 'string', default: '10000' },
    /** The rounds end then, however many were done. */
    minutes: { type: 'string', default: '20' },
  },
});
const METHODS = ['REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'INVITE'];
const MOST_GROWTH = 1.5;
/** 64*T1 and five seconds: the BYE to a caller who is gone has its time within them. */
const EMPTY_WITHIN_MS = 37_000;
const [SIP, HTTP] = [5060, 8089];
let made = 0;

const root = fileURLToPath(new URL('..', import.meta.url));
const pbx = startPbx();
await until('the PBX is ready', async () => (await fetch(`http://127.0.0.1:${HTTP}/ready`)).ok);
const result = { ...(await flooded()), ...(await resets()) };
await pbx.stop();
console.log(JSON.stringify(result));
const failures = Object.entries({
  'memory grew too much': result.growth > MOST_GROWTH,
  'no answer soon after the flood': result.recoveredMs > 5000,
  'something was left': result.left > 0,
}).filter(([, isSo]) => isSo);
for (const [what] of failures) console.error(`FAIL ${what}`);
process.exit(failures.length === 0 ? 0 : 1);

async function flooded() {
  const seconds = Number(values.seconds);
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  let answered = 0;
  socket.on('message', () => answered++);
  // as many at the same time as are answered: its capacity
  const calm = await phase(Math.min(60, seconds), socket, (sent) => sent - answered < 50);
  const capacity = answered / calm.seconds;
  const mostPerSecond = 10 * capacity;
  const storm = await phase(seconds, socket, (sent, elapsed) => sent < mostPerSecond * elapsed);
  const ended = performance.now();
  await answers();
  const recoveredMs = Math.round(performance.now() - ended);
  socket.close();
  return {
    capacity: Math.round(capacity),
    floodPerSecond: Math.round(storm.sent / storm.seconds),
    calmMiB: calm.mib,
    floodMiB: storm.mib,
    growth: Number((storm.mib / calm.mib).toFixed(2)),
    recoveredMs,
    transactionsAfter: (await counts()).transactions,
  };
}

/** Sends while there may be more, and gives the most memory that the PBX had. */
async function phase(seconds, socket, mayBeMore) {
  const began = performance.now();
  let sent = 0;
  let mib = 0;
  let measuredAt = 0;
  for (;;) {
    const elapsed = (performance.now() - began) / 1000;
    if (elapsed >= seconds) return { seconds: elapsed, sent, mib };
    for (let n = 0; n < 100 && mayBeMore(sent, elapsed); n++, sent++) {
      socket.send(request(METHODS[sent % METHODS.length], socket.address().port), SIP, '127.0.0.1');
    }
    if (elapsed - measuredAt > 0.2) {
      measuredAt = elapsed;
      mib = Math.max(mib, residentMiB());
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Connections that send INVITEs and are reset, and what is left of them. */
async function resets() {
  const rounds = Number(values.rounds);
  const last = performance.now() + Number(values.minutes) * 60_000;
  let done = 0;
  let invites = 0;
  for (; done < rounds && performance.now() < last; done++) {
    // one in twenty asks for what is open to everybody, and makes calls
    const isOpen = done % 20 === 19;
    const count = isOpen ? 200 : Number(values.invites);
    await reset(count, isOpen ? '*43' : 'bob');
    invites += count;
  }
  const ended = performance.now();
  let left = 0;
  do {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { calls, sessions, dialogs, transactions, ports } = await counts();
    left = calls + sessions + dialogs + transactions + ports;
  } while (left > 0 && performance.now() - ended < EMPTY_WITHIN_MS);
  const emptyAfterMs = Math.round(performance.now() - ended);
  return { resets: done, invites, left, emptyAfterMs, lastMiB: residentMiB() };
}

function reset(count, user) {
  return new Promise((resolve) => {
    const socket = connect(SIP, '127.0.0.1');
    socket.on('error', resolve);
    socket.on('close', resolve);
    socket.on('data', () => {});
    const texts = Array.from({ length: count }, () => request('INVITE', 9, 'TCP', user));
    socket.write(texts.join(''));
    setTimeout(() => socket.resetAndDestroy(), Math.random() * (count / 10));
  });
}

/** Until ten in a row are answered at once. */
async function answers() {
  for (let inARow = 0; inARow < 10; ) {
    const socket = createSocket('udp4');
    await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const answer = new Promise((resolve) => {
      socket.once('message', (bytes) => resolve(bytes.toString().startsWith('SIP/2.0 200')));
      setTimeout(() => resolve(false), 500);
    });
    socket.send(request('OPTIONS', socket.address().port, 'UDP', ''), SIP, '127.0.0.1');
    inARow = (await answer) ? inARow + 1 : 0;
    socket.close();
  }
}

function request(method, port, transport = 'UDP', user = 'bob') {
  const id = `flood-${++made}`;
  const uri = user === '' ? 'sip:127.0.0.1' : `sip:${user}@127.0.0.1`;
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/${transport} 127.0.0.1:${port};branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    'From: <sip:mallory@elsewhere.example>;tag=m',
    `To: <${uri}>`,
    `Call-ID: ${id}`,
    `CSeq: 1 ${method}`,
    // where nobody is: over TCP that shows at once, over UDP it does not
    `Contact: <sip:mallory@127.0.0.1:9${made % 2 === 0 ? ';transport=tcp' : ''}>`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

async function counts() {
  return (await fetch(`http://127.0.0.1:${HTTP}/health`)).json().then(({ counts: all }) => all);
}

function residentMiB() {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pbx.pid}/status`, 'utf8'));
  return Math.round(Number(kib) / 1024);
}

function startPbx() {
  const configuration = {
    domain: '127.0.0.1',
    listen: [`udp:127.0.0.1:${SIP}`, `tcp:127.0.0.1:${SIP}`],
    http: { listen: `127.0.0.1:${HTTP}` },
    store: 'memory',
    public: ['*43'],
    users: ['alice', 'bob'].map((user) => ({ user, password: `pw-${user}` })),
  };
  const file = join(folder, 'pbx.json');
  writeFileSync(file, JSON.stringify(configuration));
  return start(process.execPath, [join(root, 'apps/pbx/dist/main.js'), '--config', file]);
}
