import { spawnSync } from 'node:child_process';
import { configDefaults, mergeConfig } from 'vitest/config';
import { project } from '../../vitest.base.ts';

/** Their certificates are made by openssl; with `CI=true` a missing one is a failure. */
const NEED_OPENSSL = ['tls', 'web-socket', 'peer-identity', 'compliance'];

const isMissing = process.env['CI'] !== 'true' && spawnSync('openssl', ['version']).status !== 0;
if (isMissing) {
  console.log(`skipped: sip-transport's ${NEED_OPENSSL.join(', ')} (openssl is not installed)`);
}
const left = isMissing ? NEED_OPENSSL.map((name) => `test/${name}.test.ts`) : [];

export default mergeConfig(project('sip-transport'), {
  test: { exclude: [...configDefaults.exclude, ...left] },
});
