// Who interrupts the voice gateway: `node barge-in.mjs CALLS TIMES`. Callers with sockets of their own
// speak into what they hear, and see on the wire when it has fallen silent: from the first packet with
// speech that leaves until the first one without sound that comes. Prints percentiles in milliseconds.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { levelDbm0, pcmuEncode, readWav } from '@strowger/media-core';
import { SipClient } from '@strowger/sip-client';
import { rawMedia } from './barge-in-caller.mjs';
import { goFirst } from './priority.mjs';

const [calls = '40', times = '10'] = process.argv.slice(2);
const PACKET_MS = 20;
const SAMPLES = 160;
/** Where the voice begins: what is softer is no speech to anybody. */
const BEGIN_DBM0 = -45;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

goFirst();
const voices = await Promise.all(['caller-question', 'caller-yes'].map(voicePackets));
const silence = pcmuEncode(Int16Array.from({ length: SAMPLES }, () => (Math.random() - 0.5) * 32));
const folder = mkdtempSync(join(tmpdir(), 'barge-in-'));
const gateway = await startGateway();
const callers = [];
const measured = [];
const client = new SipClient({
  uri: 'sip:caller@127.0.0.1',
  openMedia: (address) => rawMedia(address, { callers, voices, silence, measured }),
});
await Promise.all(
  Array.from({ length: Number(calls) }, async (_, at) => {
    await new Promise((resolve) => setTimeout(resolve, at * 37)); // as calls come
    await connect();
  }),
);
await pace(() => measured.length >= Number(calls) * Number(times));
gateway.process.kill('SIGTERM');
await client.close();
rmSync(folder, { recursive: true });
const sorted = measured.toSorted((one, other) => one - other);
const percentile = (share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
console.log(
  JSON.stringify({
    count: sorted.length,
    median: percentile(0.5),
    p90: percentile(0.9),
    p99: percentile(0.99),
    worst: sorted.at(-1),
  }),
);

/** A machine that is busy for a moment says 503 (RFC 3261 §21.5.4): then a little later. */
async function connect() {
  for (let tries = 0; ; tries++) {
    const call = await client.call(gateway.contact);
    try {
      return await call.connected;
    } catch (error) {
      if (tries === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** A voice that was recorded, in packets, from where it begins. */
async function voicePackets(name) {
  const file = here(`../apps/voice-gateway/prompts/${name}.wav`);
  const { samples } = await readWav(file);
  let begin = 0;
  while (levelDbm0(samples.subarray(begin, begin + 80)) < BEGIN_DBM0) begin += 80;
  const packets = [];
  for (let at = begin; at + SAMPLES <= samples.length; at += SAMPLES) {
    packets.push(pcmuEncode(samples.subarray(at, at + SAMPLES)));
  }
  return packets;
}

async function startGateway() {
  const config = join(folder, 'gateway.json');
  const settings = {
    program: { type: 'function', module: here('barge-in-agent.mjs') },
    limits: { calls: 1000 },
    drainMs: 0,
  };
  writeFileSync(config, JSON.stringify(settings));
  const main = here('../apps/voice-gateway/dist/main.js');
  const program = spawn(process.execPath, [main, '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'warn' },
  });
  process.on('exit', () => program.kill('SIGKILL'));
  const banner = await new Promise((resolve, reject) => {
    program.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
    program.stdout.once('data', (said) => resolve(String(said).trim()));
  });
  return { process: program, contact: banner.replace('calls to ', '') };
}

/** Lets all callers send a packet each 20 ms, spread over that time, until it is enough. */
async function pace(isEnough) {
  const start = performance.now();
  for (let tick = 0; !isEnough(); tick++) {
    const due = start + tick;
    while (performance.now() < due) {
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
    }
    for (let at = tick % PACKET_MS; at < callers.length; at += PACKET_MS) callers[at].say();
  }
}
