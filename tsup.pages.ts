import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';
import { forPages } from './for-pages/plugin.ts';
import { base } from './tsup.base.ts';

/** For web pages: one file without imports, of what is called in it (docs/decisions/0085). */
export const pages = (over: Options): Options => ({
  ...base(),
  platform: 'browser',
  target: 'es2022',
  noExternal: [/./],
  minify: true,
  splitting: false,
  inject: [fileURLToPath(new URL('for-pages/node-buffer.ts', import.meta.url))],
  esbuildPlugins: [forPages],
  esbuildOptions: (options) => {
    options.conditions = ['@strowger/source'];
  },
  ...over,
});
