import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { citationsIn, citationsOf } from '../docs/src/citations.mjs';
import { conformancePage } from '../docs/src/conformance.mjs';
import { recordProblems, withRuns } from '../docs/src/test-record.mjs';
import { testFiles, testsIn } from '../docs/src/tests.mjs';
import { root } from './workspace.ts';

const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'));

describe('the conformance matrix', () => {
  const cited = citationsIn(testsIn(testFiles(root), root));
  const record = read('docs/conformance.json');
  const standards: { rfc: number }[] = read('docs/standards.json');

  it('is green by runs of tests that are there, and of all: node scripts/conformance.mjs', () => {
    expect(recordProblems(record, cited)).toEqual([]);
  });

  it('has every standard that a test names, and a test for every standard', () => {
    const [known, named] = [standards, cited].map((all) => new Set(all.map(({ rfc }) => rfc)));
    expect([...(named ?? [])].filter((rfc) => !known?.has(rfc))).toEqual([]);
    expect([...(known ?? [])].filter((rfc) => !named?.has(rfc))).toEqual([]);
  });
});

describe('what a text names', () => {
  it.each([
    [
      'routes (RFC 3261 §16.4, §16.12), RFC 5626',
      [{ rfc: 3261, section: '16.4' }, { rfc: 3261, section: '16.12' }, { rfc: 5626 }],
    ],
    [
      'RFC 5806, 7044 and RFC 4028 §10',
      [{ rfc: 5806 }, { rfc: 7044 }, { rfc: 4028, section: '10' }],
    ],
    ['RFC 4028: SE (§4) of 1800, again §4', [{ rfc: 4028, section: '4' }]],
    ['a caller gives up after §9', []],
  ])('%s', (text, expected) => {
    expect(citationsOf(text)).toEqual(expected);
  });
});

describe('the tests of a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strowger-tests-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'stories'));
  writeFileSync(
    join(folder, 'a.test.ts'),
    `import { told } from './stories/told.ts';
     import './b.test.ts';
     // RFC 1 §1: of a constant, not of the test behind it
     const ROWS = [
       ['x'], // RFC 100 §2
     ];
     // RFC 3261 §9
     describe('CANCEL', () => {
       // RFC 200 §3
       it.each(ROWS)('is late: %s', () => {});
       it('is early', () => {
         // as RFC 300 §4 has it
       });
     });
     told();`,
  );
  writeFileSync(join(folder, 'b.test.ts'), `it('is its own', () => {});`);
  writeFileSync(
    join(folder, 'stories/told.ts'),
    `export function told() { describe('a story (RFC 3262 §3)', () => { it('is told', () => {}); }); }`,
  );

  it('are named by titles, by comments on them and in them, and by their tables', () => {
    const tests = testsIn([join(folder, 'a.test.ts')], folder);
    const named = citationsIn(tests).map(
      ({ rfc, section, title }) => `${rfc} §${section}: ${title}`,
    );
    expect(named).toEqual([
      '3261 §9: CANCEL: is late: %s',
      '100 §2: CANCEL: is late: %s',
      '200 §3: CANCEL: is late: %s',
      '3261 §9: CANCEL: is early',
      '300 §4: CANCEL: is early',
      '3262 §3: a story (RFC 3262 §3): is told',
    ]);
    expect(tests.map((one) => one.file)).toEqual(['a.test.ts', 'a.test.ts', 'a.test.ts']);
  });
});

const run = { root: '/here', on: '2026-01-02', commit: 'abc' };
const file = 'a.test.ts';
const passed = (title: string) => ({ status: 'passed', ancestorTitles: ['CANCEL'], title });
const reported = (status: string, ...assertionResults: object[]) => ({
  testResults: [{ name: `/here/${file}`, status, assertionResults }],
});

describe('the record of runs', () => {
  const late = { rfc: 3261, section: '9', file, title: 'CANCEL: is late: %s' };
  const early = { rfc: 3261, section: '9.1', file, title: 'CANCEL: is early' };
  const cited = [late, early];

  it('has how many tests of a title passed, and nothing of a file that did not', () => {
    const whole = [passed('is late: 1'), passed('is late: 2'), passed('rings')];
    const record = withRuns({}, [reported('passed', ...whole)], { ...run, cited });
    expect(record).toEqual({
      [file]: { on: '2026-01-02', commit: 'abc', passed: { 'CANCEL: is late: %s': 2 } },
    });
    expect(() => withRuns(record, [reported('failed')], { ...run, cited })).toThrow(
      'a.test.ts did not pass',
    );
    const skipped = { ...passed('is late: 1'), status: 'skipped' };
    expect(withRuns(record, [reported('passed', skipped)], { ...run, cited })).toEqual({});
  });

  it('and the tests need each other', () => {
    const record = withRuns({}, [reported('passed', passed('is early'))], { ...run, cited });
    expect(recordProblems(record, [early])).toEqual([]);
    expect(recordProblems(record, cited)).toEqual([
      'a.test.ts: CANCEL: is late: %s: no run of it is recorded',
    ]);
    expect(recordProblems(record, [])).toEqual([
      'a.test.ts: CANCEL: is early: is recorded, and names no section or is not there',
    ]);
  });

  it('makes a section green, missing where only the code names it, and else not run', () => {
    const record = withRuns({}, [reported('passed', passed('is early'))], { ...run, cited });
    const page = conformancePage({
      standards: [
        { rfc: 3261, title: 'SIP' },
        { rfc: 4028, title: 'Session timers' },
      ],
      cited,
      named: [
        { rfc: 3261, section: '9.1' },
        { rfc: 3261, section: '20.1' },
        { rfc: 4028, section: '10' },
      ],
      record,
    });
    expect(page).toContain('| [3261](#rfc-3261) | SIP | 1 of 2 | 1 |');
    expect(page).toContain('| 4028 | Session timers | | **missing** |');
    expect(page).toContain('| §9 | **not run** | CANCEL: is late: %s<br>`a.test.ts` |');
    expect(page).toContain('| §9.1 | **green** | CANCEL: is early<br>`a.test.ts` |');
    expect(page).toContain('| §20.1 | **missing** | no test names them |');
    expect(page).toContain('| 2026-01-02 | `abc` | 1 | 1 |');
  });
});
