// Connections that do nothing useful, for ever: `node slow-loris-connections.mjs COUNT TCP TLS WS`
// with ports on 127.0.0.1. A quarter each: idle; one byte in ten seconds of a request; a TLS handshake
// that is never finished; a WebSocket upgrade that is never finished. They come from 40 addresses, as
// those of a botnet do, and who is thrown out comes again. Says `open N` once a second.
import { connect } from 'node:net';

const [count = '1000', tcp = '5060', tls = '5061', ws = '5062'] = process.argv.slice(2);
const REQUEST = 'INVITE sip:alice@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK1\r\n';
/** A TLS record that promises 512 bytes of a ClientHello, and the first of them. */
const HELLO = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
const UPGRADE = 'GET /sip HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nX-A: ';
const BYTE_MS = 10_000;
const AGAIN_MS = 1000;
const SOURCES = 40;
/** Opened per second: fewer than a listener takes. */
const PER_SECOND = 250;

const kinds = [
  { port: tcp, say: () => {} },
  { port: tcp, say: drip },
  { port: tls, say: (socket) => void socket.write(HELLO) },
  { port: ws, say: (socket) => void socket.write(UPGRADE) },
];
const open = new Set();

for (let index = 0; index < Number(count); index++) {
  setTimeout(begin, (index * 1000) / PER_SECOND, index);
}
setInterval(() => console.log(`open ${open.size}`), 1000);

function begin(index) {
  const { port, say } = kinds[index % kinds.length];
  const localAddress = `127.0.1.${1 + (index % SOURCES)}`;
  const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress });
  socket.on('error', () => {}); // thrown out: `close` follows
  socket.once('connect', () => {
    open.add(socket);
    say(socket);
  });
  socket.once('close', () => {
    open.delete(socket);
    setTimeout(begin, AGAIN_MS * (0.5 + Math.random()), index);
  });
  socket.resume();
}

function drip(socket) {
  let at = 0;
  const next = () => void socket.write(REQUEST[at++ % REQUEST.length] ?? '');
  next();
  const timer = setInterval(next, BYTE_MS);
  socket.once('close', () => clearInterval(timer));
}
