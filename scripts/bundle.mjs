// One file of JavaScript from the TypeScript sources of the packages, without a build: so that the
// same bytes run on every version of Node, and a mutant is one changed text on the way.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @param {string} entry a TypeScript file, relative to the root
 * @param {string} outDir where the bundle goes, relative to the root
 * @param {{ change?: (path: string, text: string) => string | undefined }} [options] `change` may
 * give another text for a source
 * @returns {Promise<string>} the path of the bundle
 */
export async function bundle(entry, outDir, { change } = {}) {
  const folder = join(root, outDir);
  mkdirSync(folder, { recursive: true });
  const conditions = ['@strowger/source', 'import', 'module', 'node', 'default'];
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, resolve: { conditions } },
    resolve: { conditions },
    build: {
      ssr: join(root, entry),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'main.mjs' } },
    },
    plugins:
      change === undefined ? [] : [{ name: 'change', enforce: 'pre', transform: changer(change) }],
  });
  return join(folder, 'main.mjs');
}

function changer(change) {
  return (text, id) => change(id.split('?')[0].replaceAll('\\', '/'), text);
}
