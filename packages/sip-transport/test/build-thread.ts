import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

/** Builds the tests' thread from the present sources into one file: a thread cannot run TypeScript. */
export async function buildThread(): Promise<URL> {
  const outDir = await mkdtemp(join(tmpdir(), 'strowger-thread-'));
  await build({
    config: false,
    entry: { thread: fileURLToPath(new URL('./spread-thread.ts', import.meta.url)) },
    outDir,
    outExtension: () => ({ js: '.mjs' }),
    format: ['esm'],
    target: 'node20.19',
    noExternal: [/.*/],
    silent: true,
    // ws is CommonJS, which asks for Node's own modules by require
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    esbuildOptions: (options) => {
      options.conditions = ['@strowger/source', 'import', 'node'];
    },
  });
  return pathToFileURL(join(outDir, 'thread.mjs'));
}
