import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

/** Builds the worker's entry from the present sources into one file in `folder`. */
export async function buildWorker(folder: string): Promise<URL> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  await build({
    config: false,
    entry: { worker: join(root, 'src/worker.ts') },
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: ['esm'],
    target: 'node20.19',
    noExternal: [/.*/],
    silent: true,
    // sdp-transform is CommonJS; nothing that a worker needs of it is left out
    esbuildOptions: (options) => {
      options.conditions = ['@strowger/source', 'import', 'node'];
    },
  });
  return pathToFileURL(join(folder, 'worker.mjs'));
}
