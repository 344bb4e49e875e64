import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import ts from 'typescript';
import { childrenOf, fits, titleOf } from './tests.mjs';

/**
 * What the runs of `e2e/` showed of whom, as `e2e/shown.json` keeps it: by file the day and the commit
 * of the run, and of each test that passed what it said by `shows`.
 *
 * @typedef {{ title: string, shows: Record<string, string[]> }} Shown
 * @typedef {{ on: string, commit: string, tests: Shown[] }} Run
 * @typedef {{ versions: Record<string, string>, files: Record<string, Run> }} Recorded
 */

/**
 * The record with what these reports of vitest say in the place of what it said of their files. A file
 * with a test that failed is refused, and one whose record would be empty is not in it.
 *
 * @returns {Recorded}
 */
export function withReports(record, reports, { root, on, commit, versions }) {
  const files = { ...record.files };
  for (const { name, status, assertionResults } of reports.flatMap((one) => one.testResults)) {
    const file = relative(root, name);
    if (status !== 'passed') throw new Error(`${file} did not pass: nothing is recorded of it`);
    const tests = assertionResults
      .filter((one) => one.status === 'passed' && one.meta.shows !== undefined)
      .map(({ ancestorTitles, title, meta }) => ({
        title: [...ancestorTitles, title].join(': '),
        shows: meta.shows,
      }));
    delete files[file];
    if (tests.length > 0) files[file] = { on, commit, tests };
  }
  return { versions: { ...record.versions, ...versions }, files: sorted(files) };
}

/**
 * Every `shows(…)` of these files, as the sources have it. What is computed stands as a pattern:
 * `Signalling: over ${transport}` is any text behind `Signalling: over `.
 */
export function marksIn(files, root) {
  return files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    return marksOf(source, { file: relative(root, file), titles: [], isTest: false });
  });
}

function marksOf(node, place) {
  const title = titleOf(node);
  const inside =
    title === undefined
      ? place
      : { ...place, titles: [...place.titles, title.text], isTest: title.kind === 'test' };
  const own = isMark(node) ? [markOf(node, place)] : [];
  return [...own, ...childrenOf(node).flatMap((child) => marksOf(child, inside))];
}

function isMark(node) {
  return ts.isCallExpression(node) && node.expression.getText() === 'shows';
}

function markOf(node, { file, titles, isTest }) {
  const [peer, ...features] = node.arguments.map(textsOf);
  const title = titles.join(': ');
  return { file, title, isTest, peers: peer ?? [], features: features.flat() };
}

/** What an argument may be. */
function textsOf(node) {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.getText().slice(1, -1)];
  if (ts.isConditionalExpression(node)) {
    return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  }
  throw new Error(`${node.getSourceFile().fileName}: what shows ${node.getText()}?`);
}

/** What is wrong between the record and the marks: each needs the other. */
export function problemsOf(record, marks) {
  const shown = entriesOf(record);
  const isOf = (mark, { file, title, peer, feature }) =>
    mark.file === file &&
    fits(mark.title, title) &&
    mark.peers.includes(peer) &&
    mark.features.some((one) => fits(one, feature));
  return [
    ...marks
      .filter(({ isTest }) => !isTest)
      .map(({ file, title }) => `${file}: ${title}: shows(…) stands outside a test`),
    ...shown
      .filter((entry) => !marks.some((mark) => isOf(mark, entry)))
      .map(({ file, title, peer, feature }) => `${file}: ${title}: no ${peer}, ${feature}`),
    ...marks.flatMap((mark) =>
      mark.features
        .filter((feature) => !shown.some((entry) => isOf({ ...mark, features: [feature] }, entry)))
        .map((feature) => `${mark.file}: ${mark.title}: ${feature} is not recorded`),
    ),
  ];
}

/** One line for each peer, feature and test. */
function entriesOf({ files }) {
  return Object.entries(files).flatMap(([file, { on, commit, tests }]) =>
    tests.flatMap(({ title, shows }) =>
      Object.entries(shows).flatMap(([peer, features]) =>
        features.map((feature) => ({ file, on, commit, title, peer, feature })),
      ),
    ),
  );
}

/** The page. */
export function peersPage(record) {
  const entries = entriesOf(record);
  const peers = byWeight(entries, ({ peer }) => peer);
  const features = [...new Set(entries.map(({ feature }) => feature))].sort(compare);
  const groups = [...new Set(features.map((one) => headingOf(one)))];
  return [
    '# Interoperability',
    '',
    'Programs that this project did not write, and what each was shown doing with it: calling,',
    'called, through the PBX or straight. Written by `node scripts/peers.mjs` from `e2e/shown.json`,',
    'the record of runs of `e2e/` against the real programs: something stands here only where a test',
    'saw it and passed. A test fails where a line names a test that is gone, or where a test shows',
    'what no run has recorded. An empty place says that nobody looked, not that it does not work.',
    '',
    `| | ${peers.join(' | ')} |`,
    `| --- |${peers.map(() => ' :-: |').join('')}`,
    ...groups.flatMap((group) => [
      `| **${group}** |${peers.map(() => ' |').join('')}`,
      ...features
        .filter((feature) => headingOf(feature) === group)
        .map((feature) => rowOf(feature, peers, entries)),
    ]),
    '',
    ...peers.flatMap((peer) => sectionOf(peer, record.versions[peer], entries)),
    '## Runs',
    '',
    '| file | on | commit |',
    '| --- | --- | --- |',
    ...Object.entries(record.files).map(
      ([file, { on, commit }]) => `| \`${file}\` | ${on} | \`${commit.slice(0, 10)}\` |`,
    ),
    '',
  ].join('\n');
}

function rowOf(feature, peers, entries) {
  const cells = peers.map((peer) =>
    entries.some((one) => one.peer === peer && one.feature === feature) ? ' ✓ |' : ' |',
  );
  return `| ${nameOf(feature)} |${cells.join('')}`;
}

function sectionOf(peer, version, entries) {
  const own = entries
    .filter((one) => one.peer === peer)
    .sort((a, b) => compare(a.feature, b.feature) || compare(a.file, b.file));
  return [
    `## ${peer}`,
    '',
    ...(version === undefined ? [] : [`Version ${version}.`, '']),
    '| shown | by | in |',
    '| --- | --- | --- |',
    ...own.map(
      ({ feature, title, file }) => `| ${nameOf(feature)} | ${inCell(title)} | \`${file}\` |`,
    ),
    '',
  ];
}

const headingOf = (feature) => feature.slice(0, feature.indexOf(': '));
const nameOf = (feature) => feature.slice(feature.indexOf(': ') + 2);
const inCell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const compare = (a, b) => (a < b ? -1 : Number(a > b));
const sorted = (object) =>
  Object.fromEntries(Object.entries(object).sort(([a], [b]) => compare(a, b)));

/** The different values, what occurs most often first. */
function byWeight(entries, of) {
  const counts = new Map();
  for (const entry of entries) counts.set(of(entry), (counts.get(of(entry)) ?? 0) + 1);
  return [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || compare(a, b));
}
