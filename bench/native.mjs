// The C programs of native/, compiled when they are needed: gcc, pkg-config and the libraries of
// scripts/install-peers.sh.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folder, has } from './processes.mjs';

const compiled = new Map();

/** Whether a program with this library can be compiled. */
export function canCompile(library) {
  const hasTools = has('gcc') && has('pkg-config');
  return hasTools && spawnSync('pkg-config', ['--exists', library]).status === 0;
}

/** The path of the program made of `native/NAME.c`, which may need a library. */
export function compile(name, library) {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url));
  const program = join(folder, name);
  const libraries = library === undefined ? [] : flagsOf(library);
  const args = ['-O2', '-Wall', '-o', program, source, ...libraries];
  const { status, stderr } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}.c: ${stderr}`);
  compiled.set(name, program);
  return program;
}

function flagsOf(library) {
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', library], { encoding: 'utf8' });
  return flags.stdout.trim().split(/\s+/);
}
