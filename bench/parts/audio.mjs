// Mixing and resampling in WebAssembly beside plain loops and C, and a conference on one core.
import { spawnSync } from 'node:child_process';
import { compile } from '../native.mjs';
import { has } from '../processes.mjs';
import { first } from '../priority.mjs';
import { fixed, interleave, measure, quick, table, targets } from '../report.mjs';

const MEMBERS = '100';

export function audio() {
  const mixers = ['wasm', 'plain', ...(has('gcc') ? ['c'] : [])];
  const mixing = interleave(mixers, (how) =>
    how === 'c' ? native().ns : measure('audio.mjs', ['mix', how]).ns,
  );
  const resampling = interleave(
    ['wasm', 'plain'],
    (how) => measure('audio.mjs', ['resample', how]).microseconds,
  );
  const { room } = interleave(['room'], () =>
    first(() => measure('conference.mjs', [MEMBERS, quick ? '3' : '20'])),
  );
  return [
    '## Sound: mixing, resampling, a conference',
    '',
    ...table(
      ['N−1 mix of 100, 160 samples', 'ns per member and frame'],
      mixers.map((how) => [NAMES[how], fixed(mixing[how])]),
    ),
    ...table(
      ['16 to 48 kHz', 'µs per 20 ms'],
      ['wasm', 'plain'].map((how) => [NAMES[how], fixed(resampling[how])]),
    ),
    ...table(
      [`conference of ${MEMBERS} G.711 members, one worker`, ''],
      [
        ['share of a core', fixed(room.core)],
        ['slots served less than 5 ms late', `${fixed(100 * room.within5ms)} %`],
        ['slots missed', fixed(room.skipped)],
        ['slowest mix, ms', fixed(room.slowestMixMs)],
      ],
    ),
    ...targets([
      ['mixing, share of the speed of C with SSE2', mixing.c / mixing.wasm, 0.65, 'at least'],
      ['mixing, times a plain loop', mixing.plain / mixing.wasm, 4, 'at least'],
      ['resampling, times a plain loop', resampling.plain / resampling.wasm, 5, 'at least'],
      ['conference, share of slots less than 5 ms late', room.within5ms, 0.99, 'at least'],
    ]),
  ];
}

const NAMES = { wasm: 'media-core, WebAssembly SIMD', plain: 'plain JavaScript', c: 'C, SSE2' };

function native() {
  const { stdout } = spawnSync(compile('mix'), [MEMBERS], { encoding: 'utf8' });
  return JSON.parse(stdout);
}
