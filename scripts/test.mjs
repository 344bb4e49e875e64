// Every check, one after the other, and one line at the end that sums them up:
// `N passed, N failed, N skipped`. Arguments go to vitest and leave the other checks out.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rest = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };
/** Suites that were left out for want of a program, with its name. */
const wanting = new Set();
const folder = mkdtempSync(join(tmpdir(), 'strowger-test-'));

if (rest.length > 0) {
  vitest('vitest', rest);
} else {
  check('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
  check('format', 'biome', ['format', '.']);
  check('types', 'turbo', ['run', 'typecheck', '--output-logs=errors-only', '--concurrency=2']);
  check('types of tooling', 'tsc', ['-p', 'tooling']);
  check('packages', 'turbo', ['run', 'check:pkg', '--output-logs=errors-only', '--concurrency=2']);
  check('documentation', process.execPath, ['docs/build.mjs']);
  vitest('packages, apps and tooling', ['--project', '!e2e']);
  const node = process.execPath;
  const calls = ['--calls', '20000', '--shards', '2', '--seed', '20261'];
  check('20,000 simulated calls', node, ['scripts/sim.mjs', ...calls]);
  check('the same trace on two versions of Node', node, ['scripts/same-trace.mjs']);
  check('planted defects are found', node, ['scripts/mutants.mjs', '--quick']);
  // the same seed every time: what it finds, it finds for everybody
  check('fuzz', process.execPath, ['fuzz/run.mjs', '--seconds', '15', '--seed', '1']);
  await realPeers();
}
rmSync(folder, { recursive: true, force: true });
for (const suite of wanting) console.log(`skipped: ${suite}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 ? 1 : 0);

function check(name, command, args) {
  const began = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  totals[status === 0 ? 'passed' : 'failed']++;
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
}

function vitest(name, args, [command, ...prefix] = ['vitest']) {
  console.log(`\n${name}`);
  const report = reportOf(name);
  const all = [...prefix, 'run', ...reporting(report), ...args];
  count(report, spawnSync(command, all, { stdio: 'inherit' }).status);
}

/**
 * The phones mostly wait, so two halves of them run at once, each in a network of its own. The second
 * is printed when it has ended.
 */
async function realPeers() {
  const [command, ...prefix] = alone();
  if (prefix.length === 0) return vitest('real peers', ['--project', 'e2e']);
  console.log('\nreal peers');
  const later = join(folder, 'second-half.log');
  const halves = ['inherit', openSync(later, 'w')].map((output, index) => {
    const half = `--shard=${index + 1}/2`;
    const report = reportOf(`real peers ${index + 1}`);
    const all = [...prefix, 'run', ...reporting(report), '--project', 'e2e', half];
    const child = spawn(command, all, { stdio: ['ignore', output, output] });
    return { report, ended: once(child, 'close') };
  });
  const ended = await Promise.all(halves.map((half) => half.ended));
  process.stdout.write(readFileSync(later));
  for (const [index, { report }] of halves.entries()) count(report, ended[index][0]);
}

function reportOf(name) {
  return join(folder, `${name.replaceAll(/\W/g, '-')}.json`);
}

function reporting(report) {
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
}

/** Adds what a run of vitest reports to the sum. */
function count(report, status) {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += result.numPassedTests;
    totals.failed += result.numFailedTests;
    totals.skipped += result.numPendingTests + result.numTodoTests;
    noteMissingPeers(result);
    // a file that does not even load has no failed test
    if (status !== 0 && result.numFailedTests === 0) totals.failed++;
  } catch {
    totals.failed++;
  }
}

/** `describeWithPeers` names what is missing in the title of a suite that it skips. */
function noteMissingPeers({ testResults }) {
  for (const { status, ancestorTitles } of testResults.flatMap((one) => one.assertionResults)) {
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
    return ['vitest'];
  }
  const network = [
    'ip link set lo up',
    'ip link add v0 type veth peer name v1',
    'ip addr add 10.77.0.1/24 dev v0',
    'ip link set v0 up',
    'ip link set v1 up',
    'ip route add default dev v0', // linphone wants one; it leads nowhere
  ].join('; ');
  return ['unshare', ...inNamespace, 'sh', '-c', `${network}; exec "$@"`, 'sh', 'vitest'];
}
