// Whole dialogs without sockets, in one thread: `node --expose-gc dialogs.mjs WHAT [LIVE]`.
//   objects  INVITE, 180, 200, ACK, BYE, 200 between two user agents that hand each other messages:
//            CPU µs each, with LIVE further dialogs confirmed and at rest
//   bytes    the same, each message written to bytes and parsed
//   heap     bytes of heap that one side of a confirmed dialog holds, its transactions lingering and
//            at rest, with LIVE of them
import { VirtualClock, seededRandom, silentLogger } from '@strowger/runtime';
import { NameAddr, parseMessage, serializeMessage, uri } from '@strowger/sip-message';
import { DialogLayer } from '@strowger/dialog-core';
import { microseconds } from './cpu.mjs';

const [what = 'objects', live = '0'] = process.argv.slice(2);
const HOPS = {
  alice: { transport: 'udp', address: '192.0.2.1', port: 5060 },
  bob: { transport: 'udp', address: '192.0.2.2', port: 5060 },
};
const ALICE = new NameAddr({ uri: uri('sip:alice@192.0.2.1') });
const BOB = uri('sip:bob@192.0.2.2');
const SDP = {
  type: 'application/sdp',
  content: [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    'm=audio 20000 RTP/AVP 0 8 101',
    'a=rtpmap:101 telephone-event/8000',
    'a=sendrecv',
    '',
  ].join('\r\n'),
};
const clock = new VirtualClock();
const wire = [];
const isWritten = what === 'bytes';
const bob = agent('bob', 'alice', {
  onInvite(invite) {
    invite.ring();
    invite.accept({ body: SDP });
  },
  onRequest() {},
});
const alice = agent('alice', 'bob', { onInvite() {}, onRequest() {} });

if (what === 'heap') console.log(JSON.stringify(heap(Number(live) || 100_000)));
else {
  for (let i = 0; i < Number(live); i++) call();
  rest();
  const one = () => {
    call().bye();
    deliver();
    // all that linger end together, as they do when traffic is steady
    if (alice.counts().clientTransactions >= 1000) rest();
    return 1;
  };
  // the engine still compiles: what it does meanwhile is not what a dialog costs later
  microseconds(one, [0], 8);
  console.log(JSON.stringify({ microseconds: microseconds(one, [0], 3) }));
}

/** Both ends of each dialog are in this process: a dialog of one side is half of what is held. */
function heap(dialogs) {
  for (let i = 0; i < 1000; i++) call();
  rest();
  const before = held();
  for (let i = 0; i < dialogs; i++) call();
  const lingering = held();
  rest();
  const resting = held();
  const { dialogs: confirmed, clientTransactions } = alice.counts();
  if (confirmed !== dialogs + 1000 || clientTransactions > 0) throw new Error('some are gone');
  return {
    lingering: (lingering - before) / dialogs / 2,
    resting: (resting - before) / dialogs / 2,
  };
}

function held() {
  for (let i = 0; i < 4; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function rest() {
  clock.advance(40_000);
  deliver();
}

function call() {
  let made;
  const user = {
    onAccepted(_response, dialog) {
      made = dialog;
      dialog.ack();
    },
    onRejected() {},
    onFailed() {},
  };
  alice.invite({ to: BOB, from: ALICE, body: SDP, hops: [HOPS.bob] }, user);
  deliver();
  if (made === undefined) throw new Error('a call failed');
  return made;
}

function agent(name, peer, user) {
  return new DialogLayer({
    runtime: { clock, random: seededRandom(name.length), logger: silentLogger },
    contactUser: name,
    limits: { dialogs: 1_000_000 },
    // the dialogs at rest would be refreshed while others are measured: minutes go by in each second
    sessionTimers: { intervalSeconds: 86_400 },
    user,
    sender: {
      locate: () => [HOPS[peer]],
      sentBy: () => ({ host: HOPS[name].address, port: 5060 }),
      send(message) {
        wire.push({ to: peer, message: isWritten ? serializeMessage(message) : message });
      },
    },
  });
}

function deliver() {
  for (let at = 0; at < wire.length; at++) {
    const { to, message } = wire[at];
    const layer = to === 'bob' ? bob : alice;
    const from = to === 'bob' ? 'alice' : 'bob';
    layer.receive({
      message: isWritten ? parsed(message) : message,
      hop: { ...HOPS[from] },
      local: { address: HOPS[to].address, port: 5060 },
    });
  }
  wire.length = 0;
}

function parsed(bytes) {
  const result = parseMessage(bytes);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
