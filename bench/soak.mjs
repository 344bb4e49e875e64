// Memory of media while calls come and go: `node --expose-gc soak.mjs --seconds 600 --calls 50`.
// So many calls of two endpoints run at any time, each for 5 to 25 seconds with tones both ways, all
// in one process, so that its heap holds everything. It prints a line every ten seconds, and fails
// where an endpoint takes 40 kB or more, where memory grew between the first and the last third, or
// where ports or endpoints are left over.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMediaEngine } from '@strowger/media-core';
import { seededRandom } from '@strowger/runtime';

const MOST_BYTES = 40_000;
/** Garbage collectors leave some: growth is what goes beyond this share. */
const MOST_GROWTH = 0.03;
const WARM_UP_MS = 30_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    calls: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});
const seconds = Number(values.seconds);
const calls = Number(values.calls);
if (globalThis.gc === undefined) throw new Error('Run it with --expose-gc');

const random = seededRandom(Number(values.seed));
const engine = createMediaEngine({
  address: '127.0.0.1',
  ports: { from: 42_000, to: 49_999 },
  codecs: ['pcmu'],
  portRestMs: 1000,
});
const totals = { calls: 0, packets: 0, lost: 0 };
let isOver = false;

await oneCall(100); // what is made once is made before the base is measured
const base = used();
const started = performance.now();
const lines = Array.from({ length: calls }, (_, index) => line(index));
const samples = [];
await pause(Math.min(WARM_UP_MS, seconds * 200));
while (performance.now() - started < seconds * 1000) {
  samples.push(sample());
  await pause(10_000);
}
isOver = true;
await Promise.all(lines);
await pause(1500);
const after = used();
const left = engine.usage();
await engine.close();
report();

/** One line always has a call, or is about to. */
async function line(index) {
  await pause((index * 20_000) / calls);
  while (!isOver) await oneCall(5000 + random.float() * 20_000);
}

async function oneCall(durationMs) {
  const [a, b] = await Promise.all(
    ['a', 'b'].map((label) => engine.openEndpoint({ label, onEvent() {} })),
  );
  await a.acceptAnswer(await b.acceptOffer(await a.createOffer()));
  a.play({ type: 'tone', frequencyHz: 440 });
  b.play({ type: 'tone', frequencyHz: 880 });
  const end = performance.now() + durationMs;
  while (performance.now() < end && !isOver) await pause(Math.min(500, durationMs));
  for (const { packetsReceived, packetsLost } of await Promise.all([a.close(), b.close()])) {
    totals.packets += packetsReceived;
    totals.lost += packetsLost;
  }
  totals.calls++;
}

/** Bytes that are in use, after a collection. */
function used() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function sample() {
  const { endpoints } = engine.usage();
  const bytes = used() - base;
  const perEndpoint = Math.round(bytes / endpoints);
  const seconds = Math.round((performance.now() - started) / 1000);
  const rss = Math.round(process.memoryUsage.rss() / 1e6);
  console.log(JSON.stringify({ seconds, endpoints, perEndpoint, rss, ...totals }));
  return perEndpoint;
}

function report() {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const first = median(samples.slice(0, third));
  const last = median(samples.slice(-third));
  const growth = last / first - 1;
  const result = {
    seconds,
    calls: totals.calls,
    packets: totals.packets,
    lost: totals.lost,
    bytesPerEndpoint: last,
    growth: Number(growth.toFixed(3)),
    leftBytes: after - base,
    left,
  };
  console.log(JSON.stringify(result));
  const isClean = left.endpoints === 0 && left.ports === 0;
  const isGood = last < MOST_BYTES && growth < MOST_GROWTH && isClean;
  console.log(isGood ? 'ok' : 'FAIL');
  process.exitCode = isGood ? 0 : 1;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
