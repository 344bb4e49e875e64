// What the parts of the bench share: interleaved runs, tables, verdicts.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './processes.mjs';

export const quick = process.argv.includes('--quick');
const given = process.argv.find((one) => one.startsWith('--rounds='))?.split('=')[1];
export const rounds = quick ? 1 : Number(given ?? 3);

/** Runs `node [flags] program args` and gives the object that its last line is. */
export function measure(program, args, flags = [], node = process.execPath) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const command = [...flags, file, ...args.map(String)];
  const { status, stdout, stderr } = spawnSync(node, command, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  console.log(program, ...args, stdout.trim());
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** The median of each number that `run(name)` gives, all names in turn in every round. */
export function interleave(names, run) {
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(run(name));
  }
  return Object.fromEntries(names.map((name) => [name, medians(results[name])]));
}

function medians(results) {
  if (typeof results[0] === 'number') return median(results);
  const keys = Object.keys(results[0]);
  return Object.fromEntries(keys.map((key) => [key, median(results.map((one) => one[key]))]));
}

export function fixed(value) {
  if (value === undefined || Number.isNaN(value)) return 'not measured';
  if (value === 0) return '0';
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

export function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line), ''];
}

/** Rows of a table of targets: `[what, value, target, 'at least' | 'at most']`. */
export function targets(rows) {
  return table(
    ['target', 'wanted', 'measured', 'verdict'],
    rows.map(([what, value, wanted, bound]) => {
      if (value === undefined || Number.isNaN(value)) {
        return [what, `${bound} ${wanted}`, 'not measured', 'unknown'];
      }
      const isMet = bound === 'at least' ? value >= wanted : value <= wanted;
      return [what, `${bound} ${wanted}`, fixed(value), isMet ? 'met' : '**not met**'];
    }),
  );
}
