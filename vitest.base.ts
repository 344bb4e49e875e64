import { defineProject } from 'vitest/config';

const conditions = ['@strowger/source', 'import', 'module', 'node', 'default'];

/** Tests run against the TypeScript sources: the condition `@strowger/source` of each package. */
export const sourceConditions = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** A test that hangs ends by then; what runs in virtual time takes as long as a busy machine needs. */
const BUSY_MS = 60_000;

/** Files whose tests import other files of tests, to see what all of them drove together. */
const ROWS = ['test/row-coverage.test.ts', 'test/event-rows.test.ts'];

/**
 * The vitest project of a package or an app. Its files share the modules that they load, which are
 * loaded once for each worker; no module of ours keeps a state that would tell.
 */
export const project = (name: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']) =>
  defineProject({
    ...sourceConditions,
    test: { name, include, exclude: ROWS, testTimeout: BUSY_MS, isolate: false },
  });

/** The vitest project of the files that import others, each of which loads them anew. */
export const rowsProject = (name: string) =>
  defineProject({
    ...sourceConditions,
    test: { name: `${name} rows`, include: ROWS, testTimeout: BUSY_MS },
  });
