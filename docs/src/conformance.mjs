import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { citationsIn, citationsOfCode } from './citations.mjs';
import { isGreen } from './test-record.mjs';
import { testFiles, testsIn } from './tests.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes `conformance.md`: for every standard that the project names, the tests that show it. */
export function writeConformance(site) {
  const page = conformancePage({
    standards: JSON.parse(readFileSync(join(root, 'docs/standards.json'), 'utf8')),
    cited: citationsIn(testsIn(testFiles(root), root)),
    named: citationsOfCode(root),
    record: JSON.parse(readFileSync(join(root, 'docs/conformance.json'), 'utf8')),
  });
  writeFileSync(join(site, 'conformance.md'), page);
}

/**
 * The matrix as Markdown: a row for each section that a test names, and one for those that only the
 * code names.
 *
 * @param {{
 *   standards: { rfc: number, title: string }[],
 *   cited: { rfc: number, section?: string, title: string, file: string }[],
 *   named: import('./citations.mjs').Citation[],
 *   record: import('./test-record.mjs').TestRecord,
 * }} from what tests cite, what the code names, and which tests passed
 */
export function conformancePage({ standards, cited, named, record }) {
  const all = standards.map((standard) => standardOf(standard, { cited, named, record }));
  const rows = all.flatMap((one) => one.rows);
  const count = (state) => rows.filter((row) => row.state === state).length;
  const missing = all.filter((one) => one.rows.length === 0);
  const lines = [
    '# Conformance',
    '',
    'Which test shows which section of which standard. A row is there for every section that a test',
    'names: in its title, in that of a suite around it, or in a comment on it. It is **green** where a',
    'recorded run of all its tests passed (`docs/conformance.json`, which has the commit of each run),',
    '**not run** where one of them has no recorded run, and **missing** where the code names a section',
    'and no test does: it may work, and nothing here says so. The page is made whenever this site is',
    'built; `npm test` fails where the record names a test that is gone, or misses one.',
    '',
    `${standards.length} standards, ${standards.length - missing.length} with tests that name them, ` +
      `${missing.length} missing. Sections that tests name: ${count(GREEN)} green, ` +
      `${count(NOT_RUN)} not run. Sections that only the code names: ` +
      `${all.reduce((sum, one) => sum + one.missing.length, 0)} missing.`,
    '',
    '| RFC | title | green | missing |',
    '| --- | --- | --: | --: |',
    ...all.map(summaryOf),
    '',
    ...all.filter((one) => one.rows.length > 0).flatMap(chapterOf),
    '## Runs',
    '',
    '| on | commit | files | tests that name a section |',
    '| --- | --- | --: | --: |',
    ...runsOf(record),
  ];
  return `${lines.join('\n')}\n`;
}

const [GREEN, NOT_RUN] = ['green', 'not run'];

function standardOf({ rfc, title }, { cited, named, record }) {
  const own = cited.filter((one) => one.rfc === rfc);
  const rows = [...groupBy(own, ({ section }) => section ?? '')]
    .map(([section, tests]) => ({
      section,
      tests,
      state: tests.every((one) => isGreen(record, one)) ? GREEN : NOT_RUN,
    }))
    .toSorted((a, b) => bySectionNumber(a.section, b.section));
  const shown = new Set(rows.map(({ section }) => section));
  const missing = named
    .filter((one) => one.rfc === rfc && one.section !== undefined && !shown.has(one.section))
    .map(({ section }) => section)
    .toSorted(bySectionNumber);
  return { rfc, title, rows, missing };
}

function summaryOf({ rfc, title, rows, missing }) {
  if (rows.length === 0) return `| ${rfc} | ${title} | | **missing** |`;
  const green = rows.filter(({ state }) => state === GREEN).length;
  const share = green === rows.length ? green : `${green} of ${rows.length}`;
  return `| [${rfc}](#rfc-${rfc}) | ${title} | ${share} | ${missing.length || ''} |`;
}

function chapterOf({ rfc, title, rows, missing }) {
  return [
    `## RFC ${rfc}`,
    '',
    `${title}.`,
    '',
    '| section | | shown by |',
    '| --- | --- | --- |',
    ...rows.map(({ section, state, tests }) => {
      const name = section === '' ? 'as a whole' : `§${section}`;
      return `| ${name} | **${state}** | ${shownBy(tests)} |`;
    }),
    ...(missing.length === 0
      ? []
      : [`| ${missing.map((one) => `§${one}`).join(', ')} | **missing** | no test names them |`]),
    '',
  ];
}

/** The titles, and behind those of one file the file. */
function shownBy(tests) {
  return [...groupBy(tests, ({ file }) => file)]
    .map(([file, own]) => {
      const titles = own.map(({ title }) => escaped(title)).join('<br>');
      return `${titles}<br>\`${file}\``;
    })
    .join('<br>');
}

function runsOf(record) {
  const runs = groupBy(Object.values(record), ({ on, commit }) => `${on} ${commit.slice(0, 10)}`);
  return [...runs].map(([run, files]) => {
    const [on, commit] = run.split(' ');
    const tests = files.flatMap(({ passed }) => Object.values(passed));
    const sum = tests.reduce((all, one) => all + one, 0);
    return `| ${on} | \`${commit}\` | ${files.length} | ${sum} |`;
  });
}

function bySectionNumber(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? -1) - (right[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Node 20 has no `Map.groupBy`. */
function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function escaped(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('*', '\\*')
    .replaceAll('<', '&lt;')
    .replaceAll('{', '&#123;')
    .replaceAll('\n', ' ');
}
