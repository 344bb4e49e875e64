// Opus in WebAssembly beside libopus in C, with the settings that calls have.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canCompile, compile } from '../native.mjs';
import { folder } from '../processes.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const RATE = 48_000;
const SECONDS = quick ? 2 : 20;

export function opus() {
  const file = join(folder, 'speech.s16');
  writeFileSync(file, speech());
  const names = ['wasm', ...(canCompile('opus') ? ['c'] : [])];
  const run = (what) => (name) =>
    name === 'c' ? native(what, file) : measure('opus.mjs', [what, file]);
  const encoding = interleave(names, run('encode'));
  const decoding = interleave(names, run('decode'));
  return [
    '## Opus',
    '',
    `48 kHz mono, 20 ms, 32 kbit/s, complexity 5, with forward error correction: ${SECONDS} s of something`,
    'like speech.',
    '',
    ...table(
      ['µs per packet', 'encode', 'decode', 'octets of a packet'],
      names.map((name) => [
        NAMES[name],
        fixed(encoding[name].us),
        fixed(decoding[name].us),
        fixed(encoding[name].octets),
      ]),
    ),
    ...targets([
      ['encoding, share of the speed of C', encoding.c?.us / encoding.wasm.us, 0.75, 'at least'],
      ['decoding, share of the speed of C', decoding.c?.us / decoding.wasm.us, 0.75, 'at least'],
    ]),
  ];
}

const NAMES = { wasm: 'media-core (libopus-wasm)', c: 'libopus of Debian' };

function native(what, file) {
  const { stdout } = spawnSync(compile('opus', 'opus'), [what, file], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

/** Syllables: a voice whose pitch and vowel change, and some breath. */
function speech() {
  const samples = new Int16Array(RATE * SECONDS);
  let phase = 0;
  let noise = 1;
  for (let at = 0; at < samples.length; at++) {
    const time = at / RATE;
    const pitch = 120 + 25 * Math.sin(2 * Math.PI * 0.4 * time);
    phase += (2 * Math.PI * pitch) / RATE;
    const vowel = 500 + 350 * Math.sin(2 * Math.PI * 1.3 * time);
    let voice = 0;
    for (let harmonic = 1; harmonic <= 24; harmonic++) {
      const distance = (harmonic * pitch - vowel) / 300;
      voice += Math.sin(harmonic * phase) / (1 + distance * distance);
    }
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) | 0;
    const loudness = Math.max(0, Math.sin(2 * Math.PI * 2 * time));
    samples[at] = 1800 * loudness * voice + noise / 2 ** 23;
  }
  return new Uint8Array(samples.buffer);
}
