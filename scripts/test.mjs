// Every check, one after the other, and one line at the end that sums them up:
// `N passed, N failed, N skipped`. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rest = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: 0 };

const checks =
  rest.length > 0
    ? []
    : [
        ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
        ['format', 'biome', ['format', '.']],
        ['types', 'turbo', ['run', 'typecheck', '--output-logs=errors-only', '--concurrency=2']],
        ['types of tooling', 'tsc', ['-p', 'tooling']],
        ['packages', 'turbo', ['run', 'check:pkg', '--output-logs=errors-only', '--concurrency=2']],
      ];

for (const [name, command, args] of checks) {
  const began = Date.now();
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  totals[status === 0 ? 'passed' : 'failed']++;
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
}

const folder = mkdtempSync(join(tmpdir(), 'strowger-test-'));
const report = join(folder, 'vitest.json');
const { status } = spawnSync(
  'vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...rest],
  { stdio: 'inherit' },
);
let failed = status !== 0;
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  totals.passed += result.numPassedTests;
  totals.failed += result.numFailedTests;
  totals.skipped += result.numPendingTests + result.numTodoTests;
  if (status !== 0 && result.numFailedTests === 0) totals.failed++;
} catch {
  totals.failed++;
}
rmSync(folder, { recursive: true, force: true });

failed ||= totals.failed > 0;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(failed ? 1 : 0);
