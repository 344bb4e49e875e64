// A jitter buffer on three made-up networks: what its delay is, and what comes too late for it. The
// same packets for every setting; nothing of it depends on the machine.
import { emptyRtpHeader, JitterBuffer } from '@strowger/media-core';
import { seededRandom } from '@strowger/runtime';

const PACKET_MS = 20;
const SAMPLES = 160;
const MINUTES = 10;
/** What is measured begins when the buffer has learned what it can. */
const WARM_UP_MS = 20_000;

const networks = {
  lan: (chance) => () => exponential(chance, 1),
  wlan: (chance) => {
    let spike = 0;
    return () => {
      spike = chance() < 0.004 ? 40 + chance() * 60 : Math.max(0, spike - PACKET_MS);
      return exponential(chance, 5) + spike;
    };
  },
  mobile: (chance) => {
    let load = 0.5;
    let spike = 0;
    return () => {
      load = Math.min(1, Math.max(0, load + (chance() - 0.5) / 20));
      spike = chance() < 0.003 ? 80 + chance() * 120 : Math.max(0, spike - PACKET_MS);
      return exponential(chance, 4 + 26 * load) + spike;
    };
  },
};

/** `node jitter.mjs NETWORK MINIMUM MAXIMUM`: both the same for a fixed delay. */
const [name, minimum, maximum] = process.argv.slice(2);
console.log(JSON.stringify(run(networks[name], Number(minimum), Number(maximum))));

function run(network, minimumMs, maximumMs) {
  const random = seededRandom(7);
  const jitter = network(() => random.float());
  const packets = arrivals(jitter);
  let now = 0;
  const buffer = new JitterBuffer({ clockRate: 8000, minimumMs, maximumMs, now: () => now });
  const decoder = {
    decode(_payload, _type, out) {
      out.fill(1, 0, SAMPLES);
      return SAMPLES;
    },
    fill: (out, from, to) => out.fill(0, from, to),
  };
  const out = new Int16Array(SAMPLES);
  let concealedBefore = 0;
  let delays = 0;
  let reads = 0;
  // whoever reads does so in a rhythm of its own
  for (let readAt = 7; readAt < MINUTES * 60_000; readAt += PACKET_MS) {
    while (packets.length > 0 && packets.at(-1).at <= readAt) {
      const { number, at } = packets.pop();
      now = at;
      const header = {
        ...emptyRtpHeader(),
        sequence: number & 0xffff,
        timestamp: number * SAMPLES,
        payloadEnd: SAMPLES,
      };
      buffer.push(new Uint8Array(SAMPLES), header, { samples: SAMPLES });
    }
    now = readAt;
    buffer.read(out, decoder);
    if (readAt < WARM_UP_MS) {
      concealedBefore = buffer.stats.concealedMs;
      continue;
    }
    delays += buffer.stats.delayMs;
    reads++;
  }
  const concealedMs = buffer.stats.concealedMs - concealedBefore;
  return {
    delayMs: delays / reads,
    lossPercent: (100 * concealedMs) / (reads * PACKET_MS),
  };
}

/** Of each packet when it comes, the last first. */
function arrivals(jitter) {
  const count = (MINUTES * 60_000) / PACKET_MS;
  let last = 0;
  const packets = Array.from({ length: count }, (_, number) => {
    last = Math.max(last, number * PACKET_MS + jitter()); // in a queue nobody overtakes
    return { number, at: last };
  });
  return packets.toReversed();
}

function exponential(chance, mean) {
  return -mean * Math.log(1 - chance());
}
