import { defineProject } from 'vitest/config';

/** Tests run against the TypeScript sources: the condition `@strowger/source` of each package. */
export const project = (name: string, include = ['src/**/*.test.ts', 'test/**/*.test.ts']) =>
  defineProject({
    resolve: { conditions: ['@strowger/source', 'import', 'module', 'node', 'default'] },
    ssr: { resolve: { conditions: ['@strowger/source', 'import', 'module', 'node', 'default'] } },
    test: { name, include },
  });
