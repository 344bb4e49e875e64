import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPEN_TESTS, SEED, TEST_PAGES, TESTS } from '../docs/src/seed-ids.mjs';
import { problemsOf, readSeed, seedMap, seedTests } from '../docs/src/seed-map.mjs';
import { root } from './workspace.ts';

const entries = readSeed(SEED);

describe('the map of what the first description names', () => {
  it('has an export and a test for every line that is not open', () => {
    expect(problemsOf({ entries, tests: TESTS, root })).toEqual([]);
  });

  it('finds what is not there', () => {
    const wrong = readSeed(
      'T-01 | a | session-core:Nobody | life\nT-02 | b | session-core:Session.nothing | life lost\n' +
        'T-03 | c | session-core:Session',
    );
    const problems = problemsOf({ entries: wrong, tests: TESTS, root });
    expect(problems.filter((one) => !one.endsWith('is not in the map'))).toEqual([
      'T-01: session-core:Nobody is not exported',
      'T-02: session-core:Session.nothing is not exported',
      'T-02: there is no test lost',
      'T-03 has no test',
    ]);
  });

  it('has a test for each id of its tests, but for those that are open', () => {
    const missing = seedTests(root).filter(({ files }) => files.length === 0);
    expect(missing.map(({ id }) => id)).toEqual(Object.keys(OPEN_TESTS));
  });

  it('is written anew when something moves: node scripts/seed-map.mjs', () => {
    const page = readFileSync(join(root, 'docs/seed-map.md'), 'utf8');
    expect(page).toBe(
      seedMap({ entries, tests: TESTS, openTests: OPEN_TESTS, testPages: TEST_PAGES, root }),
    );
  });
});
