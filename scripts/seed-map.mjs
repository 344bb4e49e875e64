// Writes docs/seed-map.md: what the first description of the project names, and where it is.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OPEN_TESTS, SEED, TEST_PAGES, TESTS } from '../docs/src/seed-ids.mjs';
import { problemsOf, readSeed, seedMap } from '../docs/src/seed-map.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const entries = readSeed(SEED);
for (const problem of problemsOf({ entries, tests: TESTS, root })) console.log(problem);
writeFileSync(
  fileURLToPath(new URL('../docs/seed-map.md', import.meta.url)),
  seedMap({ entries, tests: TESTS, openTests: OPEN_TESTS, testPages: TEST_PAGES, root }),
);
