// Memory of media while calls come and go: `node --expose-gc soak.mjs --seconds 600 --calls 50`.
// Waves of a minute: so many calls of two endpoints at any time, each for 5 to 25 seconds with tones
// both ways, then none. What an endpoint takes is the difference between the two, so that code which
// V8 compiles meanwhile does not count. All is in one process, so that its heap holds everything. It
// fails where an endpoint takes 40 kB or more, where that or what is
// left without any has grown between the first and the last third, or where ports or endpoints are
// left over.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createMediaEngine } from '@strowger/media-core';
import { seededRandom } from '@strowger/runtime';

const MOST_BYTES = 40_000;
/** Garbage collectors leave some: growth is what goes beyond this share. */
const MOST_GROWTH = 0.05;
/** Compiled code comes to about a megabyte, most of it in the first minutes. */
const MOST_LEFT_BYTES = 2_000_000;
const WAVE_MS = 60_000;
const HIGH_MS = 45_000;

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

// most of the code is compiled, and tables are made, before anything is measured
await Promise.all(Array.from({ length: 10 }, () => oneCall(3000)));
totals.calls = 0;
const waves = [];
for (let left = Math.max(3, Math.round((seconds * 1000) / WAVE_MS)); left > 0; left--) {
  waves.push(await wave());
}
const left = engine.usage();
await engine.close();
report();

/** Calls come and go for a while, then all go; what was in use then, and without any. */
async function wave() {
  const started = performance.now();
  isOver = false;
  const lines = Array.from({ length: calls }, (_, index) => line(index));
  await pause(HIGH_MS);
  const { endpoints } = engine.usage();
  const high = used();
  isOver = true;
  await Promise.all(lines);
  await pause(Math.max(2000, started + WAVE_MS - performance.now()));
  const empty = used();
  const perEndpoint = Math.round((high - empty) / endpoints);
  const rss = Math.round(process.memoryUsage.rss() / 1e6);
  console.log(JSON.stringify({ endpoints, perEndpoint, empty, rss, ...totals }));
  return { perEndpoint, empty };
}

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

function report() {
  const bytesPerEndpoint = thirds(waves.map(({ perEndpoint }) => perEndpoint));
  const empty = thirds(waves.map((one) => one.empty));
  const growth = bytesPerEndpoint.last / bytesPerEndpoint.first - 1;
  const leftBytes = empty.last - empty.first;
  const result = { ...totals, bytesPerEndpoint: bytesPerEndpoint.last, growth, leftBytes, left };
  console.log(JSON.stringify(result));
  const isClean = left.endpoints === 0 && left.ports === 0 && leftBytes < MOST_LEFT_BYTES;
  const isGood = bytesPerEndpoint.last < MOST_BYTES && growth < MOST_GROWTH && isClean;
  console.log(isGood ? 'ok' : 'FAIL');
  process.exitCode = isGood ? 0 : 1;
}

/** The medians of the first and the last third. */
function thirds(numbers) {
  const third = Math.max(1, Math.floor(numbers.length / 3));
  return { first: median(numbers.slice(0, third)), last: median(numbers.slice(-third)) };
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}
