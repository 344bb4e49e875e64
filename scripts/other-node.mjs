// Another version of Node beside the one that runs here, from the npm registry into .tools.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The program of this major version; `undefined` where it cannot be had. */
export function otherNode(major) {
  const folder = join(root, '.tools', `node-${major}`);
  const file = join(folder, 'node_modules', 'node', 'bin', 'node');
  const isThere = () => versionOf(file)?.startsWith(`v${major}.`) === true;
  if (isThere()) return file;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock'];
  spawnSync('npm', ['install', ...quiet, `node@${major}`], { cwd: folder, timeout: 120_000 });
  return isThere() ? file : undefined;
}

/** What a program of Node says of itself, such as `v24.1.0`. */
export function versionOf(node) {
  if (!existsSync(node)) return undefined;
  const { status, stdout } = spawnSync(node, ['-v'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
