// Opus as media-core encodes and decodes it, one number a run: `node opus.mjs encode|decode FILE`.
// FILE is 48 kHz mono, signed 16 bit. Prints microseconds per packet of 20 ms, and the packets' bytes.
import { readFileSync } from 'node:fs';
import { Application, createDecoder, createEncoder } from 'libopus-wasm';

const FRAME = 960;
const [what = 'encode', file] = process.argv.slice(2);
const bytes = readFileSync(file);
const said = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
const encoder = await createEncoder({
  channels: 1,
  sampleRate: 48_000,
  application: Application.Voip,
  complexity: 5,
  packetLossPercent: 10,
  bitrate: 32_000,
  fec: true,
  dtx: false,
  vbr: true,
});
const decoder = await createDecoder({ channels: 1, sampleRate: 48_000 });
const frames = Array.from({ length: Math.floor(said.length / FRAME) }, (_, index) =>
  said.subarray(index * FRAME, (index + 1) * FRAME),
);
const encode = (frame) => encoder.encode(frame, { frameSize: FRAME });
const packets = frames.map((frame) => encode(frame).slice());
const work =
  what === 'encode'
    ? () => frames.forEach((frame) => encode(frame))
    : () => packets.forEach((packet) => decoder.decode(packet));
// the engine compiles while it runs, and collects what was decoded now and then
const ROUNDS = 10;
const rounds = () => Array.from({ length: ROUNDS }, work);
rounds();
const before = process.cpuUsage();
rounds();
const { user, system } = process.cpuUsage(before);
const octets = packets.reduce((sum, { length }) => sum + length, 0);
console.log(
  JSON.stringify({ us: (user + system) / ROUNDS / frames.length, octets: octets / frames.length }),
);
