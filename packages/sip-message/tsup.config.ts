import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig(
  base({
    // writes numbers for the constants that name them, which the bundle would make variables
    esbuildOptions(options) {
      options.minifySyntax = true;
    },
  }),
);
