import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vitest/config';
import { project } from '../../vitest.base.ts';

/** The compliance suite by itself, without the rest of testkit. */
const suite = new URL('../testkit/src/describe-transport.ts', import.meta.url);

export default mergeConfig(project('sip-transport'), {
  resolve: { alias: { '@strowger/testkit/describe-transport': fileURLToPath(suite) } },
});
