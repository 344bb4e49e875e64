import { defineProject } from 'vitest/config';

const conditions = ['@strowger/source', 'import', 'module', 'node', 'default'];

/** Tests run against the TypeScript sources: the condition `@strowger/source` of each package. */
export const sourceConditions = { resolve: { conditions }, ssr: { resolve: { conditions } } };

/** The vitest project of a package or an app. */
export const project = (name: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']) =>
  defineProject({ ...sourceConditions, test: { name, include } });
