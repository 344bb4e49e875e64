// The same seed gives the same trace, byte for byte and to the millisecond, on two versions of Node.
// The second version comes from the npm registry into .tools; where it cannot be had, it says so.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { bundle } from './bundle.mjs';
import { otherNode, versionOf } from './other-node.mjs';

const ARGS = ['--seed', '4711', '--calls', '800', '--profile', 'all'];
const [major] = process.versions.node.split('.').map(Number);
const wanted = major === 22 ? 24 : 22;
const main = await bundle('packages/testkit/swarm/main.ts', '.sim/main');
const here = trace(process.execPath);
const again = trace(process.execPath);
console.log(`${process.version}: ${here}`);
if (here !== again) fail('two runs on the same Node differ');
const other = otherNode(wanted);
if (other === undefined) {
  console.log(`skipped: no Node ${wanted} could be installed to compare with`);
} else {
  const there = trace(other);
  console.log(`${versionOf(other)}: ${there}`);
  if (there !== here) fail('the traces differ');
}

function trace(node) {
  const { status, stdout } = spawnSync(node, [main, ...ARGS], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) fail(`${node} ended with ${status}`);
  const { hash, calls } = JSON.parse(stdout);
  return `${createHash('sha256').update(hash).digest('hex').slice(0, 32)} of ${calls} calls`;
}

function fail(why) {
  console.log(why);
  process.exit(1);
}
