import { defineConfig } from 'tsup';
import { pages } from '../../tsup.pages.ts';

export default defineConfig(pages({ entry: ['src/index.ts'] }));
