// Every check, one after the other; at the end what failed, and one line that sums all up:
// `N passed, N failed, N skipped`. Arguments go to vitest and leave the other checks out.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const rest = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
/** Suites that were left out for want of a program, with its name. */
const wanting = new Set();
/** What failed, each with the first lines of why, and what failed at first but not alone. */
const failures = [];
const unsteady = [];
/** Where reports of vitest stay, to record what passed: `node scripts/conformance.mjs FOLDER/*.json`. */
const kept = process.env.STROWGER_REPORTS;
if (kept !== undefined) mkdirSync(kept, { recursive: true });
const folder = kept ?? mkdtempSync(join(tmpdir(), 'strowger-test-'));

if (rest.length > 0) {
  vitest('vitest', rest);
} else {
  check('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
  check('format', 'biome', ['format', '.']);
  check('types', process.execPath, ['scripts/types.mjs']);
  check('packages', 'turbo', ['run', 'check:pkg', '--output-logs=errors-only', '--concurrency=2']);
  check('documentation', process.execPath, ['docs/build.mjs']);
  vitest('packages, apps and tooling', ['--project', '!e2e', '--maxWorkers=2']);
  const node = process.execPath;
  const calls = ['--calls', '20000', '--shards', '2', '--seed', '20261'];
  check('20,000 simulated calls', node, ['scripts/sim.mjs', ...calls]);
  check('the same trace on two versions of Node', node, ['scripts/same-trace.mjs']);
  check('planted defects are found', node, ['scripts/mutants.mjs', '--quick']);
  // the same seed every time: what it finds, it finds for everybody
  check('fuzz', process.execPath, ['fuzz/run.mjs', '--seconds', '15', '--seed', '1']);
  await realPeers();
}
if (kept === undefined) rmSync(folder, { recursive: true, force: true });
for (const suite of wanting) console.log(`skipped: ${suite}`);
for (const what of unsteady) console.log(`unsteady, passed alone: ${what}`);
for (const what of failures) console.log(`failed: ${what}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);

function check(name, command, args) {
  const began = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  totals[status === 0 ? 'passed' : 'failed']++;
  if (status !== 0) failures.push(name);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
}

function vitest(name, args, prefix = []) {
  console.log(`\n${name}`);
  const report = reportOf(name);
  const all = [...prefix, 'vitest', 'run', ...reporting(report), ...args];
  const { status } = run(all);
  count([{ report, status }], { args, prefix });
}

/**
 * The phones mostly wait, for a person or for the last timer of a call, so three parts of them run at
 * once, each in a network of its own. The others are printed when the first has ended.
 */
async function realPeers() {
  const args = ['--project', 'e2e'];
  const prefix = alone();
  if (prefix.length === 0) return vitest('real peers', args);
  console.log('\nreal peers');
  const parts = [1, 2, 3].map((part, _, { length }) => {
    const report = reportOf(`real peers ${part}`);
    const log = join(folder, `real-peers-${part}.log`);
    const output = part === 1 ? 'inherit' : openSync(log, 'w');
    const whole = ['vitest', 'run', ...reporting(report), ...args, `--shard=${part}/${length}`];
    const [command, ...all] = [...prefix, ...whole];
    const child = spawn(command, all, { stdio: ['ignore', output, output] });
    return { report, log, ended: once(child, 'close') };
  });
  const ended = await Promise.all(parts.map((part) => part.ended));
  for (const { log } of parts.slice(1)) process.stdout.write(readFileSync(log));
  const runs = parts.map(({ report }, index) => ({ report, status: ended[index][0] }));
  count(runs, { args, prefix });
}

function run([command, ...args]) {
  return spawnSync(command, args, { stdio: 'inherit' });
}

function reportOf(name) {
  return join(folder, `${name.replaceAll(/\W/g, '-')}.json`);
}

function reporting(report) {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
}

/**
 * Adds what runs of vitest report to the sum. Real sockets and real phones do not bear a machine that
 * is busy with something else, so a file that failed runs once more, alone: that counts, and is told.
 */
function count(runs, { args, prefix }) {
  const reports = runs.map(({ report, status }) => ({ status, files: filesOf(report) }));
  for (const { status, files } of reports) {
    const broken = files.filter((file) => file.status !== 'passed');
    for (const file of files) if (!broken.includes(file)) add(file);
    for (const file of broken) {
      const report = reportOf(`again ${file.name}`);
      console.log(`\n${file.name}, once more and alone`);
      const again = run([...prefix, 'vitest', 'run', ...reporting(report), ...args, file.name]);
      const second = filesOf(report).find(({ name }) => name === file.name);
      add(second ?? file);
      if (second?.status === 'passed' && again.status === 0) unsteady.push(...whyFailed(file));
      else failures.push(...whyFailed(second ?? file));
    }
    // vitest itself failed, or an error came outside all files
    if (status !== 0 && broken.length === 0) {
      totals.failed++;
      failures.push(`vitest ${args.join(' ')}: exit code ${status}`);
    }
  }
}

/** The files of tests in a report of vitest; none where it did not get as far as that. */
function filesOf(report) {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    return testResults.map((file) => ({ ...file, name: relative('.', file.name) }));
  } catch {
    return [];
  }
}

function add(file) {
  const tests = file.assertionResults;
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const failed = tests.filter(({ status }) => status === 'failed').length;
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += tests.length - passed - failed;
  // a file that does not even load has no failed test
  if (file.status !== 'passed' && failed === 0) totals.failed++;
  noteMissingPeers(tests);
}

/** A line for each test of a file that failed, with the first lines of why. */
function whyFailed({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const lines = failed.map(
    (test) => `${name} > ${test.fullName}\n${firstLines(test.failureMessages.join('\n'))}`,
  );
  return lines.length > 0 ? lines : [`${name}\n${firstLines(message ?? '')}`];
}

function firstLines(text) {
  return text
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'))
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join('\n');
}

/** `describeWithPeers` names what is missing in the title of a suite that it skips. */
function noteMissingPeers(tests) {
  for (const { status, ancestorTitles } of tests) {
    const suite = ancestorTitles.find((title) => title.includes(' not installed: '));
    if (status !== 'passed' && suite !== undefined) wanting.add(suite);
  }
}

/**
 * How to run the peers in a network of their own, where only loopback and one private address
 * exist, every port is free and every process ends with the run. Needs root on Linux; elsewhere
 * they run on this machine's own loopback.
 */
function alone() {
  const inNamespace = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  if (spawnSync('unshare', [...inNamespace, 'ip', 'link', 'set', 'lo', 'up']).status !== 0) {
    console.log('no network namespace here: the peers run on the loopback of this machine');
    return [];
  }
  const network = [
    'ip link set lo up',
    'ip link add v0 type veth peer name v1',
    'ip addr add 10.77.0.1/24 dev v0',
    'ip link set v0 up',
    'ip link set v1 up',
    'ip route add default dev v0', // linphone wants one; it leads nowhere
  ].join('; ');
  return ['unshare', ...inNamespace, 'sh', '-c', `${network}; exec "$@"`, 'sh'];
}
