// Writes docs/interoperability.md: which program of others was shown doing what. Reports of vitest as
// arguments (`vitest run --project e2e --reporter=json --outputFile=FILE …`) go into the record first,
// with the commit that was run: what it was run on has to be committed, the record itself apart.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { marksIn, peersPage, problemsOf, withReports } from '../docs/src/peers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [page, kept] = [join(root, 'docs/interoperability.md'), join(root, 'e2e/shown.json')];

/** What a run of `e2e/` is of. */
const RUN_ON = ['packages', 'apps', 'e2e', ':(exclude)e2e/shown.json'];

/** The Debian package of each, whose version is told. */
const PACKAGES = {
  baresip: 'baresip-core',
  linphone: 'linphone-cli',
  twinkle: 'twinkle-console',
  sipp: 'sip-tester',
  kamailio: 'kamailio',
  coturn: 'coturn',
  rtpengine: 'rtpengine-daemon',
};

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
let record = JSON.parse(readFileSync(kept, 'utf8'));
if (reports.length > 0) {
  const changed = git('status', '--porcelain', '--', ...RUN_ON);
  if (changed !== '') throw new Error(`not committed:\n${changed}`);
  const run = {
    root,
    on: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', 'HEAD'),
    versions: { ...installed(), ...inPages() },
  };
  // file by file: one that failed keeps none of the others out
  for (const one of reports.flatMap(({ testResults }) => testResults)) {
    try {
      record = withReports(record, [{ testResults: [one] }], run);
    } catch (error) {
      console.log(error.message);
      process.exitCode = 1;
    }
  }
  writeFileSync(kept, `${JSON.stringify(record, null, 2)}\n`);
}
writeFileSync(page, peersPage(record));
const tests = readdirSync(join(root, 'e2e')).filter((name) => name.endsWith('.test.ts'));
const marks = marksIn(
  tests.map((name) => join(root, 'e2e', name)),
  root,
);
for (const problem of problemsOf(record, marks)) console.log(problem);

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

function installed() {
  const told = Object.entries(PACKAGES).map(([peer, name]) => [peer, versionOf(name)]);
  return Object.fromEntries(told.filter(([, version]) => version !== undefined));
}

/** The libraries of the pages, and the browser that they ran in. */
function inPages() {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'e2e/package.json'), 'utf8'));
  const browser = `Chromium ${versionOf('chromium')}`;
  return {
    JsSIP: `${devDependencies.jssip} in ${browser}`,
    'SIP.js': `${devDependencies['sip.js']} in ${browser}`,
  };
}

function versionOf(name) {
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Version}', name]);
  return status === 0 ? String(stdout) : undefined;
}
