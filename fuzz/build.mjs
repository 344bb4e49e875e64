// Bundles the sources, not what is built of them: dist/targets.js is the code that is fuzzed, in one
// script of its own, dist/main.js what fuzzes it.
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  config: false,
  entry: { main: folder('src/main.ts'), targets: folder('src/targets.ts') },
  outDir: folder('dist'),
  format: ['esm'],
  platform: 'node',
  target: 'node20.19',
  splitting: false,
  treeshake: false,
  silent: true,
  noExternal: [/^@strowger\//, 'sdp-transform'],
  esbuildOptions: (options) => {
    options.conditions = ['@strowger/source'];
  },
});
