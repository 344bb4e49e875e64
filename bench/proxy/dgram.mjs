// What the datagrams of a proxied call cost on `dgram` at least: each goes on as it came, and nobody looks
// into it. `node dgram.mjs PORT CALLEE_PORT CALLER_PORT`.
import dgram from 'node:dgram';

const [port, callee, caller] = process.argv.slice(2).map(Number);
const lookup = (address, _options, done) => done(null, address, 0);
const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20, lookup });
const nothing = () => {};

socket.on('message', (bytes, { port: from }) => {
  socket.send(bytes, from === callee ? caller : callee, '127.0.0.1', nothing);
});
socket.bind(port, '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
