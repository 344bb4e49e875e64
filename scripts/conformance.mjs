// Records in docs/conformance.json which tests that name a section of a standard passed, out of reports
// of vitest (`vitest run --reporter=json --outputFile=FILE …`), with the commit that was run: what it was
// run on has to be committed. Says what the record misses, with or without reports.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { citationsIn } from '../docs/src/citations.mjs';
import { recordProblems, withRuns } from '../docs/src/test-record.mjs';
import { testFiles, testsIn } from '../docs/src/tests.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const kept = join(root, 'docs/conformance.json');

/** What a run of the tests is of. */
const RUN_ON = ['packages', 'apps', 'flows', 'fuzz', 'e2e', 'examples'];

const cited = citationsIn(testsIn(testFiles(root), root));
let record = JSON.parse(readFileSync(kept, 'utf8'));
const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
if (reports.length > 0) {
  const changed = git('status', '--porcelain', '--', ...RUN_ON, ':(exclude)e2e/shown.json');
  if (changed !== '') throw new Error(`not committed:\n${changed}`);
  const on = new Date().toISOString().slice(0, 10);
  const run = { root, on, commit: git('rev-parse', 'HEAD'), cited };
  // file by file: one that failed keeps none of the others out
  for (const one of reports.flatMap(({ testResults }) => testResults)) {
    try {
      record = withRuns(record, [{ testResults: [one] }], run);
    } catch (error) {
      console.log(error.message);
      process.exitCode = 1;
    }
  }
  writeFileSync(kept, `${JSON.stringify(record, null, 2)}\n`);
}
for (const problem of recordProblems(record, cited)) console.log(problem);

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}
