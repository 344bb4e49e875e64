// Checks the types of everything. Folders with the same options of the compiler share one program,
// so that a source is read and checked once, and not once for each package that imports it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.mjs';

/** Where the programs are described: ignored by git. */
const made = '.types';
const several = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
);
const folders = [...several, 'e2e', 'examples', 'examples/pages', 'flows', 'fuzz', 'tooling'];

/** @type {Map<string, string[]>} what each set of options covers */
const programs = new Map();
for (const folder of folders) {
  const file = join(root, folder, 'tsconfig.json');
  if (!existsSync(file)) continue;
  const { compilerOptions = {}, include } = JSON.parse(readFileSync(file, 'utf8'));
  const options = JSON.stringify(compilerOptions);
  const covered = programs.get(options) ?? [];
  covered.push(...include.map((/** @type {string} */ path) => join('..', folder, path)));
  programs.set(options, covered);
}

mkdirSync(join(root, made), { recursive: true });
const statuses = await Promise.all(
  [...programs].map(async ([options, include], index) => {
    const file = join(root, made, `${index}.json`);
    const compilerOptions = JSON.parse(options);
    const program = { extends: '../tsconfig.base.json', compilerOptions, include };
    writeFileSync(file, JSON.stringify(program, undefined, 2));
    const child = spawn('tsc', ['-p', file], { cwd: root, stdio: 'inherit' });
    const [status] = await once(child, 'close');
    return status;
  }),
);
process.exit(statuses.every((status) => status === 0) ? 0 : 1);
