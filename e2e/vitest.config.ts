import { defineProject } from 'vitest/config';
import { sourceConditions } from '../vitest.base.ts';

// Real peers on fixed ports: one file after the other, and time to ring.
export default defineProject({
  ...sourceConditions,
  test: {
    name: 'e2e',
    include: ['*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
