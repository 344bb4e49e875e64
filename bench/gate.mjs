// CPU per datagram from the socket's bytes to the layer above: `node gate.mjs NAME SECONDS`. Through
// a whole TransportLayer, on a socket that is none; `parse` is the parser's part of it alone.
import { nodeRuntime } from '@strowger/runtime';
import { parseMessage } from '@strowger/sip-message';
import { TransportLayer } from '@strowger/sip-transport';
import { corpus } from './corpus.mjs';
import { microseconds } from './cpu.mjs';

const SOURCES = 10_000;
const [name = 'one', seconds = '1'] = process.argv.slice(2);
let arrive = () => {};
const datagrams = {
  open: async ({ address, port, onPacket }) => {
    arrive = onPacket;
    return { local: { address, port: port || 5060 }, send() {}, close: async () => {} };
  },
};
const layer = new TransportLayer({
  runtime: { ...nodeRuntime(), datagrams },
  listen: ['udp:192.0.2.1:5060'],
  // a source has its share, and here it is more than any machine reads
  limits: { messagesPerSecondPerSource: name === 'over' ? 1 : 1e9 },
  onMessage: () => {},
});
await layer.start();
if (name === 'banned') layer.bans.add('198.51.100.1', { reason: 'bench' });

const one = { address: '198.51.100.1', port: 5060 };
const many = Array.from({ length: SOURCES }, (_, n) => ({
  address: `10.${n >> 8}.${n & 255}.1`,
  port: 5060,
}));
let turn = 0;
const acts = {
  parse: ({ bytes }) => (parseMessage(bytes).ok ? 1 : 0),
  one: ({ bytes }) => heard(bytes, one),
  many: ({ bytes }) => heard(bytes, many[turn++ % SOURCES]),
  over: ({ bytes }) => heard(bytes, one),
  banned: ({ bytes }) => heard(bytes, one),
};
const messages = corpus('invite.sip');
microseconds(acts[name], messages, 0.3);
console.log(JSON.stringify({ microseconds: microseconds(acts[name], messages, Number(seconds)) }));
await layer.close();

function heard(bytes, from) {
  arrive(bytes, from);
  return 1;
}
