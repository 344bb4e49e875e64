import { defineProject } from 'vitest/config';

const conditions = ['@strowger/source', 'import', 'module', 'node', 'default'];

/** Tests run against the TypeScript sources: the condition `@strowger/source` of each package. */
export const sourceConditions = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** A test that hangs ends by then; what runs in virtual time takes as long as a busy machine needs. */
const BUSY_MS = 60_000;

/** The vitest project of a package or an app. */
export const project = (name: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']) =>
  defineProject({ ...sourceConditions, test: { name, include, testTimeout: BUSY_MS } });
