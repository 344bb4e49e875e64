// Requests and responses per second of CPU over one transport, beside a bare echo of the same bytes:
// `node rates.mjs udp|tcp|tls strowger|batched|bare SECONDS [RATE]`; batched: UDP by datagram-batch. The
// server is a process of its own; a client here keeps 64 requests under way, or sends RATE of them a
// second, and the server's CPU is what is counted.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { certificates } from './uas/certificates.mjs';
import { cpuMicroseconds, until } from './processes.mjs';

const [transport = 'udp', kind = 'strowger', seconds = '3', rate = '0'] = process.argv.slice(2);
const PORT = 5090;
const UNDER_WAY = 64;
const program = fileURLToPath(
  new URL(kind === 'bare' ? 'uas/echo.mjs' : 'uas/strowger.mjs', import.meta.url),
);
const carrier = kind === 'batched' ? kind : transport;
const server = spawn(process.execPath, [program, String(PORT), carrier], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => server.kill('SIGKILL'));
let printed = '';
server.stdout.on('data', (bytes) => {
  printed += bytes;
});
await until('the server is ready', () => printed.includes('ready'));

let made = 0;
let answered = 0;
const send = await connect(() => {
  answered++;
  if (rate === '0') send(request());
});
if (rate === '0') for (let i = 0; i < UNDER_WAY; i++) send(request());
else sendAtRate(Number(rate), performance.now());
await new Promise((resolve) => setTimeout(resolve, 5000));
const before = { cpu: cpuMicroseconds(server.pid), answered };
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const used = cpuMicroseconds(server.pid) - before.cpu;
const done = answered - before.answered;
console.log(
  JSON.stringify({ microseconds: used / done, perSecond: Math.round((done * 1e6) / used) }),
);
process.exit(0);

/** OPTIONS of some 400 bytes, each a transaction of its own. */
function request() {
  const number = made++;
  return [
    `OPTIONS sip:uas@127.0.0.1:${PORT} SIP/2.0`,
    `Via: SIP/2.0/${transport.toUpperCase()} 127.0.0.1:5091;branch=z9hG4bKrates${number}`,
    'From: "Alice" <sip:alice@127.0.0.1:5091>;tag=alice',
    `To: <sip:uas@127.0.0.1:${PORT}>`,
    `Call-ID: rates-${number}@127.0.0.1`,
    'CSeq: 1 OPTIONS',
    'Contact: <sip:alice@127.0.0.1:5091>',
    'Max-Forwards: 70',
    'User-Agent: bench',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** What could not be sent in time, as too many were under way, is not made up for. */
function sendAtRate(perSecond, began, sent = 0) {
  const due = ((performance.now() - began) * perSecond) / 1000;
  let at = Math.max(sent, due - UNDER_WAY);
  for (; at < due && made - answered < UNDER_WAY; at++) send(request());
  setImmediate(sendAtRate, perSecond, began, at);
}

async function connect(onAnswer) {
  if (transport === 'udp') {
    const socket = dgram.createSocket('udp4');
    socket.on('message', onAnswer);
    await new Promise((resolve) => socket.bind(5091, '127.0.0.1', resolve));
    return (text) => socket.send(text, PORT, '127.0.0.1');
  }
  const options = { host: '127.0.0.1', port: PORT, rejectUnauthorized: false };
  const socket =
    transport === 'tls' ? tls.connect({ ...options, ca: certificates().ca }) : net.connect(options);
  let rest = 0;
  socket.on('data', (bytes) => {
    // each message ends with the one blank line that it has
    for (let at = 0; at < bytes.length; at++) {
      const octet = bytes[at];
      if (octet !== 13 && octet !== 10) rest = 0;
      else if (++rest === 4) {
        rest = 0;
        onAnswer();
      }
    }
  });
  await new Promise((resolve) =>
    socket.once(transport === 'tls' ? 'secureConnect' : 'connect', resolve),
  );
  return (text) => socket.write(text);
}
