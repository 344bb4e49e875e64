import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'apps/*', 'tooling', 'fuzz', 'flows', 'examples', 'e2e'],
  },
});
