import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig(
  base({ entry: { index: 'src/index.ts', arbitraries: 'src/arbitraries/index.ts' } }),
);
