import type { Options } from 'tsup';

/** One place for the build of every published package. */
export const base = (over: Options = {}): Options => ({
  entry: ['src/index.ts'],
  format: ['esm'],
  platform: 'node',
  target: 'node20.19',
  // tsup sets baseUrl itself, which TypeScript 6 wants acknowledged
  dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [] } },
  sourcemap: true,
  clean: true,
  treeshake: false,
  splitting: true,
  ...over,
});
