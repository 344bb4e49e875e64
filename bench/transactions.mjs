// Transactions without sockets, in one thread: `node --expose-gc transactions.mjs WHAT`.
//   server   requests parsed, transactions made, answered with 200 and ended: CPU µs each
//   client   requests made and sent, answered and ended: CPU µs each
//   steps    steps of the INVITE server's table: CPU µs each
//   heap     bytes of heap and of packets that a lingering server transaction holds
import { VirtualClock, seededRandom, silentLogger } from '@strowger/runtime';
import { createResponse, parseMessage, parseUri } from '@strowger/sip-message';
import { TransactionLayer } from '@strowger/transaction-core';
import { corpus } from './corpus.mjs';
import { microseconds } from './cpu.mjs';

const [what = 'server'] = process.argv.slice(2);
const HOP = { transport: 'udp', address: '192.0.2.1', port: 5060, flow: 'f' };
const LOCAL = { address: '192.0.2.2', port: 5060 };
const RANGE = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');
const templates = corpus('invite.sip').map(({ bytes }) => bytes);
const branchesAt = templates.map((bytes) => bytes.indexOf('z9hG4bK') + 7);
const callIdsAt = templates.map((bytes) => bytes.indexOf('Call-ID: ') + 9);
let made = 0;

const benches = { server, client, steps, heap };
console.log(JSON.stringify(benches[what]()));

function server() {
  const { clock, layer } = newLayer(answer);
  const one = () => {
    receive(layer, freshInvite());
    // all that linger end together, as they do when traffic is steady
    if (layer.counts().serverTransactions >= 1000) clock.advance(40_000);
    return 1;
  };
  microseconds(one, [0], 0.5);
  return { microseconds: microseconds(one, [0], 1.5) };
}

function client() {
  let sent;
  const { clock, layer } = newLayer(answer, (message) => {
    sent = message;
  });
  const user = { onResponse() {}, onTimeout() {}, onTransportError() {} };
  const request = parse(templates[0]).clone();
  request.headers.remove('Via');
  const target = parseUri('sip:192.0.2.1').value;
  const one = () => {
    layer.request(request, user, { target, hops: [HOP] });
    if (sent === undefined) throw new Error('nothing was sent');
    const response = createResponse(sent, 200, { toTag: 'peer' });
    layer.receive({ message: response, hop: HOP, local: LOCAL });
    sent = undefined;
    if (layer.counts().clientTransactions >= 1000) clock.advance(40_000);
    return 1;
  };
  microseconds(one, [0], 0.5);
  return { microseconds: microseconds(one, [0], 1.5) };
}

/** An INVITE, a failure, its ACK, the end by timer I: four steps of one machine, shell included. */
function steps() {
  let taken = 0;
  const busy = (transaction) => {
    transaction.respond(createResponse(transaction.request, 486, { toTag: 'ours' }));
  };
  const { clock, layer } = newLayer(
    busy,
    () => {},
    () => taken++,
  );
  const invites = templates.map((bytes) => parse(bytes));
  const acks = templates.map((bytes) =>
    parse(
      Buffer.from(
        bytes.toString('latin1').replace('INVITE', 'ACK').replace('102 INVITE', '102 ACK'),
        'latin1',
      ),
    ),
  );
  let next = 0;
  const one = () => {
    const index = next++ % invites.length;
    layer.receive({ message: invites[index], hop: HOP, local: LOCAL });
    layer.receive({ message: acks[index], hop: HOP, local: LOCAL });
    if (index === invites.length - 1) clock.advance(40_000);
    return 1;
  };
  microseconds(one, [0], 0.5);
  taken = 0;
  const before = process.cpuUsage();
  microseconds(one, [0], 1.5);
  const { user, system } = process.cpuUsage(before);
  return { microseconds: (user + system) / taken };
}

function heap() {
  const transactions = 20_000;
  const { layer } = newLayer(answer);
  for (let i = 0; i < 100; i++) receive(layer, freshInvite());
  const before = held();
  for (let i = 0; i < transactions; i++) receive(layer, freshInvite());
  const after = held();
  if (layer.counts().serverTransactions !== transactions + 100) throw new Error('some are gone');
  return {
    heap: (after.heap - before.heap) / transactions,
    packets: (after.packets - before.packets) / transactions,
    packetBytes: templates[0].length,
  };
}

function held() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, packets: arrayBuffers };
}

function newLayer(onRequest, send = () => {}, onStep) {
  const clock = new VirtualClock();
  const layer = new TransactionLayer({
    runtime: { clock, random: seededRandom(1), logger: silentLogger },
    sender: { locate: () => [HOP], sentBy: () => ({ host: '192.0.2.2', port: 5060 }), send },
    user: { onRequest, onAck() {}, onStrayResponse() {} },
    ...(onStep === undefined ? {} : { onStep }),
  });
  return { clock, layer };
}

function answer(transaction) {
  const { request, localTag: toTag } = transaction;
  transaction.respond(createResponse(request, 200, { toTag }));
}

/** Like a socket: each packet in memory of its own. */
function freshInvite() {
  const index = made++ % templates.length;
  const bytes = Buffer.from(templates[index]);
  writeNumber(bytes, branchesAt[index], made);
  writeNumber(bytes, callIdsAt[index], made);
  return bytes;
}

function writeNumber(bytes, at, number) {
  let rest = number;
  for (let i = 0; i < 6; i++) {
    bytes[at + i] = RANGE[rest % RANGE.length];
    rest = Math.floor(rest / RANGE.length);
  }
}

function receive(layer, bytes) {
  layer.receive({ message: parse(bytes), hop: { ...HOP }, local: LOCAL });
}

function parse(bytes) {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) throw new Error(parsed.refusal.message);
  return parsed.value;
}
