import { relative } from 'node:path';
import { fits } from './tests.mjs';

/**
 * Which of the tests that name a section of a standard passed, as `docs/conformance.json` keeps it: by
 * file the day and the commit of the run, and by the test's title as the sources have it how many tests
 * of that title passed; a title with `%s` stands for several.
 *
 * @typedef {{ on: string, commit: string, passed: Record<string, number> }} Run
 * @typedef {Record<string, Run>} TestRecord
 */

/**
 * The record with what these reports of vitest say in the place of what it said of their files. A file
 * that did not pass is refused; one that names no section is not in it.
 *
 * @param {TestRecord} record
 * @param {{ file: string, title: string }[]} cited what names a section
 * @returns {TestRecord}
 */
export function withRuns(record, reports, { root, on, commit, cited }) {
  const runs = { ...record };
  for (const { name, status, assertionResults } of reports.flatMap((one) => one.testResults)) {
    const file = relative(root, name);
    if (status !== 'passed') throw new Error(`${file} did not pass: nothing is recorded of it`);
    const titles = assertionResults
      .filter((one) => one.status === 'passed')
      .map(({ ancestorTitles, title }) => [...ancestorTitles, title].join(': '));
    const counts = titlesOf(cited, file).map((pattern) => [
      pattern,
      titles.filter((title) => isOf(pattern, title)).length,
    ]);
    const passed = counts.filter(([, count]) => count > 0);
    delete runs[file];
    if (passed.length > 0) runs[file] = { on, commit, passed: Object.fromEntries(passed) };
  }
  return Object.fromEntries(Object.entries(runs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is wrong between the record and the tests: each needs the other. */
export function recordProblems(record, cited) {
  const files = [...new Set(cited.map(({ file }) => file))];
  return [
    ...Object.entries(record).flatMap(([file, { passed }]) => {
      const titles = titlesOf(cited, file);
      return Object.keys(passed)
        .filter((title) => !titles.includes(title))
        .map((title) => `${file}: ${title}: is recorded, and names no section or is not there`);
    }),
    ...files.flatMap((file) =>
      titlesOf(cited, file)
        .filter((title) => !isGreen(record, { file, title }))
        .map((title) => `${file}: ${title}: no run of it is recorded`),
    ),
  ];
}

/** Whether a recorded run of this test passed. */
export function isGreen(record, { file, title }) {
  return record[file]?.passed[title] !== undefined;
}

function titlesOf(cited, file) {
  const titles = cited.filter((one) => one.file === file).map(({ title }) => title);
  return [...new Set(titles)].sort((a, b) => (a < b ? -1 : 1));
}

/** A suite that a function makes has the titles around the function's call before its own. */
function isOf(pattern, title) {
  if (fits(pattern, title)) return true;
  const parts = title.split(': ');
  return parts.some((_, at) => at > 0 && fits(pattern, parts.slice(at).join(': ')));
}
