// `pnpm sim --seed S --calls N --profile P`: random users on random networks, in virtual time.
// Says how fast it was, what went wrong (and the smallest story that still does), and which rows of
// the tables were never taken. `--shards N` uses N processes; `--write FILE` keeps the figures;
// `--state FILE` remembers finished parts, so that a long run can be resumed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    calls: { type: 'string', default: '2000' },
    profile: { type: 'string', default: 'all' },
    shards: { type: 'string', default: '1' },
    rows: { type: 'boolean', default: false },
    write: { type: 'string' },
    state: { type: 'string' },
    'min-rate': { type: 'string' },
  },
});
/** Calls of one part: a long run is resumed after the last whole one. */
const PART = 20_000;
const main = await bundle('packages/testkit/swarm/main.ts', '.sim/main');
const began = Date.now();
const done = loadState();
for (let part = done.parts; part * PART < Number(values.calls); part++) {
  const calls = Math.min(PART, Number(values.calls) - part * PART);
  const shards = Number(values.shards);
  const results = await Promise.all(
    Array.from({ length: shards }, (_, shard) => run(part, calls, shard, shards)),
  );
  for (const result of results) add(done, result);
  done.parts++;
  done.wallMs += Date.now() - began - (done.countedMs ?? 0);
  done.countedMs = Date.now() - began;
  if (values.state !== undefined) writeFileSync(values.state, JSON.stringify(done));
  if (Number(values.calls) > PART) {
    process.stderr.write(`${done.calls} calls, ${done.failures.length} failures\n`);
  }
  if (done.failures.length > 0) break;
}
report();

function run(part, calls, shard, of) {
  const seed = Number(values.seed) + part * 1_000_003;
  const args = ['--seed', seed, '--calls', calls, '--profile', values.profile];
  const shardArgs = ['--shard', shard, '--of', of, '--hasty', '--shrink'];
  const child = spawn(
    process.execPath,
    ['--min-semi-space-size=16', main, ...args.map(String), ...shardArgs.map(String)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => {
      if (code === 0) resolve(JSON.parse(text));
      else reject(new Error(`shard ${shard} ended with ${code}`));
    });
  });
}

function loadState() {
  const file = values.state;
  if (file !== undefined && existsSync(file)) {
    return { ...JSON.parse(readFileSync(file, 'utf8')), countedMs: 0 };
  }
  return { parts: 0, calls: 0, cpuMs: 0, wallMs: 0, counts: {}, rows: {}, all: [], failures: [] };
}

function add(total, { calls, cpuMs, counts, rows, never, failures, shrunk }) {
  total.calls += calls;
  total.cpuMs += cpuMs;
  for (const [profile, one] of Object.entries(counts)) {
    const sum = (total.counts[profile] ??= {
      calls: 0,
      asMeant: 0,
      unlucky: 0,
      restored: 0,
      failures: 0,
    });
    for (const key of Object.keys(sum)) sum[key] += one[key];
  }
  for (const [row, count] of rows) total.rows[row] = (total.rows[row] ?? 0) + count;
  total.all = [...new Set([...total.all, ...never, ...rows.map(([row]) => row)])];
  for (const failure of failures) total.failures.push({ ...failure, shrunk });
}

function report() {
  const perSecond = Math.round((done.calls * 1000) / done.cpuMs);
  const never = done.all.filter((row) => done.rows[row] === undefined).toSorted();
  console.log(`${done.calls} calls, ${perSecond} per second and core, ${done.wallMs} ms`);
  for (const [profile, { calls, asMeant, unlucky, restored }] of Object.entries(done.counts)) {
    const share = ((100 * asMeant) / calls).toFixed(3);
    const more = restored > 0 ? `, ${restored} went on in another process` : '';
    const start = `  ${profile.padEnd(10)} ${calls} calls`;
    console.log(`${start}, ${share} % as meant, ${unlucky} unlucky${more}`);
  }
  console.log(`${done.all.length - never.length} of ${done.all.length} rows of the tables taken`);
  if (values.rows) for (const row of never) console.log(`  never: ${row}`);
  for (const { seed, profile, violations, shrunk } of done.failures) {
    console.log(`\nFAILED: profile ${profile}, world ${seed}`);
    for (const violation of violations.slice(0, 5)) console.log(`  ${violation}`);
    if (shrunk === undefined) continue;
    console.log(`the smallest story found in ${shrunk.runs} runs:`);
    console.log(JSON.stringify(shrunk.plan));
    for (const violation of shrunk.violations.slice(0, 5)) console.log(`  ${violation}`);
    console.log(shrunk.ladder);
  }
  if (values.write !== undefined) writeFileSync(values.write, markdown(perSecond, never));
  const isSlow = values['min-rate'] !== undefined && perSecond < Number(values['min-rate']);
  if (isSlow) console.log(`slower than ${values['min-rate']} calls per second and core`);
  if (done.failures.length > 0 || isSlow) process.exitCode = 1;
}

function markdown(perSecond, never) {
  const lines = [
    '# A recorded run of the simulator',
    '',
    `\`pnpm sim --seed ${values.seed} --calls ${values.calls} --profile ${values.profile}\` on Node`,
    `${process.version}: ${done.calls} calls, ${done.failures.length} failures, ${perSecond} calls per`,
    'second and core.',
    '',
    '"As meant": what the users did is what both were told. "Unlucky": the network swallowed so much',
    'that a timer of the RFC ended the call, and whoever was concerned was told so. Calls that a',
    'restarted host could not save are neither. "Restored": went on in another process. "Failures" are worlds of forty calls in which a rule was broken.',
    '',
    '| profile | calls | as meant | unlucky | restored | failures |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...Object.entries(done.counts).map(
      ([profile, one]) =>
        `| ${profile} | ${one.calls} | ${((100 * one.asMeant) / one.calls).toFixed(3)} % | ${one.unlucky} | ${one.restored} | ${one.failures} |`,
    ),
    '',
    `Rows of the tables taken: ${done.all.length - never.length} of ${done.all.length}. Never taken:`,
    '',
    ...never.map((row) => `- ${row}`),
    '',
  ];
  return lines.join('\n');
}
