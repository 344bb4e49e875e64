import { defineProject } from 'vitest/config';
import { sourceConditions } from '../vitest.base.ts';

// Real peers on fixed ports: one file after the other, and time to ring. Phones in real time do not
// bear a machine that is busy with something else, so a test gets a second try, which the report shows.
export default defineProject({
  ...sourceConditions,
  test: {
    name: 'e2e',
    include: ['*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    retry: 1,
    hookTimeout: 60_000,
  },
});
