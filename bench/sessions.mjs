// Whole sessions in a simulated network: `node --expose-gc sessions.mjs [LIVE]`. LIVE calls between
// two session managers with media that is only counted: answered, at rest, and then hung up. Bytes of
// heap that one side of a call at rest holds, and by how much the heap has grown when all are gone.
import { NameAddr, uri } from '@strowger/sip-message';
import { SessionManager } from '@strowger/session-core';
import { createSimulation, FakeMediaBackend } from '@strowger/testkit';

const live = Number(process.argv[2] ?? 10_000);
/** At the same time on their way: more are not needed to make many. */
const BATCH = 250;

const simulation = createSimulation({ seed: 1, ladder: false });
const [alice, bob] = ['alice', 'bob'].map((name) => {
  const host = simulation.network.host(name);
  const manager = new SessionManager({
    runtime: host.runtime,
    sender: host,
    media: new FakeMediaBackend({ clock: simulation.clock, address: host.address }),
    onIncoming: (session) => session.answer(),
  });
  host.receive = (inbound) => manager.receive(inbound);
  return manager;
});

for (let rounds = 0; rounds < 2; rounds++) await round(live); // what is made once, and compiled
const before = held();
await make(live);
const { sessions, serverTransactions } = bob.counts();
if (sessions !== live || serverTransactions > 0)
  throw new Error(`${sessions} of ${live} are there`);
const atRest = held();
await end();
const after = held();
console.log(
  JSON.stringify({
    bytesAtRest: (atRest - before) / live / 2,
    growth: after / before,
  }),
);

async function round(count) {
  await make(count);
  await end();
}

async function make(count) {
  for (let made = 0; made < count; made += BATCH) {
    for (let at = made; at < Math.min(count, made + BATCH); at++) {
      alice.call({ to: uri('sip:bob@bob'), from: new NameAddr({ uri: uri('sip:alice@alice') }) });
    }
    await simulation.run(1000);
  }
  await simulation.run(60_000); // the transactions are over
}

async function end() {
  for (const [at, session] of alice.sessions().entries()) {
    session.hangUp().catch(() => {});
    if (at % BATCH === 0) await simulation.run(100);
  }
  await simulation.run(60_000);
  const left = [alice, bob].map((manager) => manager.counts().sessions);
  if (left.some((count) => count > 0)) throw new Error(`${left} are left`);
}

function held() {
  for (let i = 0; i < 6; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
