// What takes too long for every change: ten minutes of fuzzing with a seed of the day, so that each
// night looks elsewhere and a day can be repeated, the proof that every grammar is linear, every
// planted defect, 200,000 simulated calls, floods of the built PBX at full volume, and ten minutes of
// media coming and going with its memory watched.
// `--seconds N` and `--seed S` go to the fuzzing.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: today },
  },
});

const jobs = {
  fuzz: [join('fuzz', 'run.mjs'), '--seconds', values.seconds, '--seed', values.seed],
  'linear time': [join('bench', 'linear.mjs')],
  floods: [join('bench', 'floods.mjs')],
  'media soak': ['--expose-gc', join('bench', 'soak.mjs'), '--seconds', '600'],
  'planted defects': [join('scripts', 'mutants.mjs')],
  'simulated calls': [
    join('scripts', 'sim.mjs'),
    '--calls',
    '200000',
    '--shards',
    '2',
    '--seed',
    values.seed,
  ],
};

let failed = 0;
for (const [name, args] of Object.entries(jobs)) {
  console.log(`\n${name}: node ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) failed++;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
}
process.exit(failed === 0 ? 0 : 1);
