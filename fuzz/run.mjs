// `pnpm fuzz --seconds N --seed S --target message,framer`: bundles the sources and fuzzes them.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import './build.mjs';

const main = fileURLToPath(new URL('dist/main.js', import.meta.url));
// what pnpm passes on begins with `--` where the user wrote one
const args = process.argv.slice(2).filter((arg) => arg !== '--');
const { status } = spawnSync(process.execPath, [main, ...args], { stdio: 'inherit' });
process.exit(status ?? 1);
