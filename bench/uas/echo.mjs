// A bare echo of what comes: `node echo.mjs PORT udp|tcp|tls`.
import dgram from 'node:dgram';
import net from 'node:net';
import tls from 'node:tls';
import { certificates } from './certificates.mjs';

const [port = '5090', transport = 'udp'] = process.argv.slice(2);
const ready = () => console.log('ready');
const echo = (socket) => socket.on('data', (bytes) => socket.write(bytes));
const nothing = () => {};
if (transport === 'udp') {
  const lookup = (address, _options, done) => done(null, address, 0);
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20, lookup });
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address, nothing));
  socket.bind(Number(port), '127.0.0.1', ready);
} else {
  const server =
    transport === 'tls' ? tls.createServer(certificates(), echo) : net.createServer(echo);
  server.listen(Number(port), '127.0.0.1', ready);
}
