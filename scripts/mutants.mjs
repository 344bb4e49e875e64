// `pnpm mutants`: plants one defect after the other into the sources as they are bundled (the files
// stay untouched) and lets the simulator look for it, for 100,000 calls at most. All must be found.
// `--quick` plants those that are found at once; `--check` only looks whether each still fits;
// `--only TEXT` those whose name has it; `--write FILE` keeps the table.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, root } from './bundle.mjs';
import { MUTANTS } from './mutants-list.mjs';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100000' },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    workers: { type: 'string', default: '2' },
    write: { type: 'string' },
  },
});
/** A mutant that hangs the simulator was noticed too. */
const HANG_MS = 600_000;

const loose = MUTANTS.filter(({ file, find }) => {
  const text = readFileSync(join(root, file), 'utf8');
  return text.split(find).length !== 2;
});
for (const { name, file } of loose) console.log(`no longer fits: ${name} (${file})`);
if (loose.length > 0) process.exit(1);
if (values.check) {
  console.log(`${MUTANTS.length} mutants fit`);
  process.exit(0);
}

const chosen = MUTANTS.filter(
  ({ name, isQuick = false }) => name.includes(values.only) && (!values.quick || isQuick),
);
const results = [];
const waiting = chosen.entries();
await Promise.all(Array.from({ length: Number(values.workers) }, work));
report();

async function work() {
  for (const [index, mutant] of waiting) {
    const result = await hunt(mutant, index);
    results.push({ index, mutant, ...result });
    const outcome = result.found === undefined ? 'SURVIVED' : `found: ${result.found}`;
    console.log(`${mutant.name}: ${outcome} (${result.calls} calls)`);
  }
}

async function hunt({ file, find, put }, index) {
  const change = (path, text) =>
    path.endsWith(`/${file}`) ? replaced(text, find, put) : undefined;
  const main = await bundle('packages/testkit/swarm/main.ts', `.sim/mutant-${index}`, { change });
  const args = ['--calls', values.calls, '--hasty', '--max-semi-space-size=64'];
  const child = spawn(process.execPath, [args[3], main, ...args.slice(0, 3)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), HANG_MS);
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearTimeout(timer);
  if (code !== 0) {
    const line = errors.split('\n').find((one) => /Error/.test(one)) ?? 'it hung';
    return { found: line.trim(), calls: 0 };
  }
  const { calls, failures } = JSON.parse(text);
  const [violation] = failures.flatMap(({ violations }) => violations);
  return { found: violation, calls };
}

function replaced(text, find, put) {
  if (text.split(find).length !== 2) throw new Error(`not once in the source: ${find}`);
  return text.replace(find, () => put);
}

function report() {
  const survivors = results.filter(({ found }) => found === undefined);
  console.log(`${results.length - survivors.length} of ${results.length} mutants found`);
  if (values.write !== undefined) writeFileSync(values.write, markdown());
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

function markdown() {
  const rows = results
    .toSorted((a, b) => a.index - b.index)
    .map(({ mutant, found, calls }) => {
      const what = found === undefined ? '**survived**' : `\`${short(found)}\``;
      const where = mutant.file.replace('packages/', '').replace('/src/', ': ');
      return `| ${mutant.name} | ${where} | ${calls} | ${what} |`;
    });
  return [
    '# Defects that the simulator finds',
    '',
    'Written by `pnpm mutants --write docs/mutants.md`: each defect is planted alone, and random',
    'calls on random networks run until something is wrong, for 100,000 calls at most.',
    '',
    '| defect | where | calls until found | what was wrong first |',
    '| --- | --- | ---: | --- |',
    ...rows,
    '',
  ].join('\n');
}

function short(text) {
  const line = text.split('\n')[0].replaceAll('|', '/').replaceAll('`', '');
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
