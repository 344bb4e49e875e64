// Sound without a network, one number a run: `node audio.mjs WHAT HOW`.
// mix wasm|plain: nanoseconds per member and frame of 160 samples, 100 members.
// resample wasm|plain: microseconds per 20 ms, 16 to 48 kHz.
import { FilterBench, frameMath, PlainFrameMath, Resampler } from '@strowger/media-core';

const [what = 'mix', how = 'wasm'] = process.argv.slice(2);
const math = how === 'plain' ? new PlainFrameMath() : frameMath();
console.log(JSON.stringify({ mix, resample }[what]()));

function mix() {
  const members = 100;
  const [samples, stride] = [160, 320];
  const [sums, heard] = [2 * members * stride, members * stride];
  math.grow(sums + 4096);
  const said = new Int16Array(math.memory.buffer, 0, members * samples);
  for (let i = 0; i < said.length; i++) said[i] = Math.imul(i, 2_654_435_761) >> 16;
  const round = () => {
    math.sum(sums, 0, stride, members, samples);
    math.without(sums, 0, heard, stride, members, samples);
  };
  return { ns: (1000 * timed(round, how === 'plain' ? 1000 : 20_000)) / members };
}

function resample() {
  const resampler = new Resampler(16_000, 48_000, new FilterBench(math));
  const block = Int16Array.from({ length: 320 }, (_, at) => 9000 * Math.sin(at / 3));
  return { microseconds: timed(() => resampler.push(block), 50_000) };
}

/** CPU microseconds of one call, once it is warm. */
function timed(call, rounds) {
  for (let i = 0; i < rounds / 4; i++) call();
  const before = process.cpuUsage();
  for (let i = 0; i < rounds; i++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / rounds;
}
