// The proxy core without sockets: `node --expose-gc proxy-memory.mjs WHAT`. One call is INVITE, 180, 200,
// ACK, BYE, 200.
//   cpu   µs of one call, from the bytes that come in to the bytes that leave
//   heap  bytes of heap that it holds when it is over and its transactions linger
import { seededRandom, silentLogger, VirtualClock } from '@strowger/runtime';
import { createResponse, parseMessage, serializeMessage, uri } from '@strowger/sip-message';
import { StatefulProxy } from '@strowger/transaction-core';
import { corpus } from './corpus.mjs';
import { microseconds } from './cpu.mjs';

const local = { address: '192.0.2.2', port: 5060 };
const caller = { transport: 'udp', address: '192.0.2.1', port: 5060, flow: 'f' };
const callee = { transport: 'udp', address: '192.0.2.3', port: 5060, flow: 'f' };
const clock = new VirtualClock();
const target = { uri: uri('sip:bob@192.0.2.3') };
const [{ bytes: template }] = corpus('invite.sip');
const text = Buffer.from(template).toString('latin1');
let sent = [];
let count = 0;
/** Whether those that linger end now and then. */
let isSteady = true;
const proxy = new StatefulProxy({
  runtime: { clock, random: seededRandom(1), logger: silentLogger },
  sender: {
    locate: ({ host }) => (host === '192.0.2.1' ? [caller] : [callee]),
    sentBy: () => ({ host: local.address, port: local.port }),
    send(message) {
      const bytes = serializeMessage(message);
      sent.push(bytes);
      return bytes;
    },
  },
  route: ({ request, isRouted }) => ({
    kind: 'forward',
    recordRoute: true,
    targets: [isRouted ? { uri: request.uri } : target],
  }),
});

const hear = (bytes, hop) => {
  sent = [];
  proxy.receive({ message: parseMessage(bytes).value, hop, local });
  return sent.at(-1);
};
const answer = (bytes, status) => {
  const request = parseMessage(bytes).value;
  const headers = [['Contact', '<sip:bob@192.0.2.3>']];
  const record = request.headers.raw('Record-Route').map((value) => ['Record-Route', value]);
  return serializeMessage(
    createResponse(request, status, { toTag: 'b', headers: [...headers, ...record] }),
  );
};
/** What the peers write costs as well: it is measured alone and taken off. */
function prepared() {
  const id = `${(count++).toString(36)}x`;
  const invite = Buffer.from(
    text.replace(/z9hG4bK/, `z9hG4bK${id}`).replace(/Call-ID: /, `Call-ID: ${id}`),
    'latin1',
  );
  return invite;
}
function call() {
  const out = hear(prepared(), caller);
  hear(answer(out, 180), callee);
  const final = hear(answer(out, 200), callee);
  const { headers } = parseMessage(final).value;
  const route = headers.raw('Record-Route')[0];
  const id = count.toString(36);
  const within = (method) =>
    Buffer.from(
      [
        `${method} sip:bob@192.0.2.3 SIP/2.0`,
        `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${method}${id};rport`,
        `Route: ${route}`,
        'From: <sip:alice@192.0.2.1>;tag=a',
        'To: <sip:bob@192.0.2.3>;tag=b',
        `Call-ID: ${headers.get('call-id')}`,
        `CSeq: 2 ${method}`,
        'Max-Forwards: 70',
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n'),
    );
  hear(within('ACK'), caller);
  hear(answer(hear(within('BYE'), caller), 200), callee);
  if (sent.length !== 1) throw new Error('the call did not go through');
  if (isSteady && count % 1000 === 0) clock.advance(40_000);
  return 1;
}
/** The same bytes made by the peers, and none heard. */
function peersAlone() {
  const bytes = prepared();
  for (const status of [180, 200, 200]) answer(bytes, status);
  return 1;
}
function cpu() {
  // the engine still compiles
  microseconds(call, [0], 10);
  const whole = microseconds(call, [0], 3);
  microseconds(peersAlone, [0], 0.5);
  const peers = microseconds(peersAlone, [0], 1);
  return { microseconds: whole - peers, whole, peers };
}
function heap() {
  const calls = 10_000;
  for (let i = 0; i < 1000; i++) call();
  clock.advance(100_000);
  const before = held();
  isSteady = false;
  for (let i = 0; i < calls; i++) call();
  const { serverTransactions } = proxy.counts();
  if (serverTransactions !== 2 * calls) throw new Error('some are gone');
  return { heap: (held() - before) / calls };
}
function held() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  return process.memoryUsage().heapUsed;
}
console.log(JSON.stringify(process.argv[2] === 'heap' ? heap() : cpu()));
