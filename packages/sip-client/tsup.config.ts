import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';
import { pages } from '../../tsup.pages.ts';

export default defineConfig([base(), pages({ entry: ['src/browser.ts'], clean: false })]);
