import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';
import { forPages } from './browser/for-pages.ts';

/** For pages: one file without imports, of what is called in it (docs/decisions/0085). */
const pages = base({
  entry: ['src/browser.ts'],
  platform: 'browser',
  target: 'es2022',
  noExternal: [/./],
  minify: true,
  treeshake: false,
  splitting: false,
  clean: false,
  inject: [fileURLToPath(new URL('browser/node-buffer.ts', import.meta.url))],
  esbuildPlugins: [forPages],
  esbuildOptions: (options) => {
    options.conditions = ['@strowger/source'];
  },
});

export default defineConfig([base(), pages]);
