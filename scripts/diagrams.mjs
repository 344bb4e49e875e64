// `pnpm diagrams`: writes docs/state-machines.md from the state tables. With `--check` it only says
// whether the page is up to date.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, root } from './bundle.mjs';

const isCheck = process.argv.includes('--check');
const page = join(root, 'docs/state-machines.md');
const fresh = isCheck ? join(root, '.sim/state-machines.md') : page;
const main = await bundle('packages/testkit/swarm/diagrams.ts', '.sim/diagrams');
const { status } = spawnSync(process.execPath, [main, fresh], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
if (isCheck && readFileSync(page, 'utf8') !== readFileSync(fresh, 'utf8')) {
  console.log('docs/state-machines.md is stale: pnpm diagrams writes it anew');
  process.exit(1);
}
