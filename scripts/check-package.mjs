// Run in a package's folder: what npm would publish is clean for publint and for every way in which
// TypeScript may resolve it (@arethetypeswrong/cli). Both look at the tarball that pnpm packs, with
// the private source condition dropped.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'strowger-pack-'));
try {
  run('pnpm', ['pack', '--pack-destination', folder], 'pipe');
  const [tarball] = readdirSync(folder);
  if (tarball === undefined) throw new Error('nothing was packed');
  run('publint', ['--strict', join(folder, tarball)]);
  run('attw', [join(folder, tarball), '--profile', 'esm-only', '--format', 'ascii']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(command, args, stdio = 'inherit') {
  const { status, stderr, error } = spawnSync(command, args, { stdio, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status === 0) return;
  if (stderr) console.error(stderr);
  process.exitCode = 1;
  throw new Error(`${command} ended with ${status}`);
}
