import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './lab.ts';

/** What the program measured: see bench/floods.mjs. */
interface Floods {
  readonly growth: number;
  readonly recoveredMs: number;
  readonly transactionsAfter: number;
  readonly left: number;
}

it('T02, T03: floods of requests, and of INVITEs that end with a reset, leave the PBX as it was', () => {
  const program = join(root, 'bench/floods.mjs');
  const args = [program, '--seconds', '8', '--rounds', '20', '--invites', '2000'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const floods = JSON.parse(stdout) as Floods; // its own program's output
  expect(stderr).not.toContain('FAIL');
  expect(status).toBe(0);
  expect(floods).toMatchObject({ left: 0, transactionsAfter: 0 });
  expect(floods.recoveredMs).toBeLessThan(5000);
  expect(floods.growth).toBeLessThanOrEqual(1.5);
}, 90_000);
