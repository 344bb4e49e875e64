// Hooks on the wire: count what comes in, mark what leaves, drop what nobody wants.
import { createSocket } from 'node:dgram';
import { nodeRuntime } from '@strowger/runtime';
import {
  respondStateless,
  TransportLayer,
  type TransportMiddleware,
} from '@strowger/sip-transport';

let seen = 0;
const counter: TransportMiddleware = {
  bytesIn(bytes) {
    seen++;
    return bytes;
  },
};
const noSubscribers: TransportMiddleware = {
  messageIn: (inbound) =>
    inbound.message.kind === 'request' && inbound.message.method === 'SUBSCRIBE'
      ? undefined
      : inbound,
};
const server: TransportLayer = new TransportLayer({
  runtime: nodeRuntime(),
  listen: ['udp:127.0.0.1:0'],
  middleware: [counter, noSubscribers],
  onMessage: (inbound) => void respondStateless(server, inbound, 200),
});
await server.start();

const socket = createSocket('udp4');
const statuses: string[] = [];
const answered = new Promise<void>((resolve) => {
  socket.on('message', (bytes) => {
    statuses.push(bytes.toString().slice(0, 11));
    resolve();
  });
});
for (const method of ['SUBSCRIBE', 'OPTIONS']) {
  const lines = [
    `${method} sip:127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK${method};rport`,
    'Max-Forwards: 70',
    'From: <sip:alice@127.0.0.1>;tag=1',
    'To: <sip:127.0.0.1>',
    `Call-ID: ${method}`,
    `CSeq: 1 ${method}`,
    'Content-Length: 0',
  ];
  socket.send([...lines, '', ''].join('\r\n'), server.listening[0]?.port);
}
await answered;
console.log(seen, statuses); // prints: 2 [ 'SIP/2.0 200' ]
socket.close();
await server.close();
