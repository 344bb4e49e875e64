import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      'packages/*',
      'packages/*/vitest.config.rows.ts',
      'apps/*',
      'tooling',
      'fuzz',
      'flows',
      'examples',
      'e2e',
    ],
  },
});
