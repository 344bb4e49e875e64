import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

/**
 * Every example is run as a person would run it, against the packages as they are built. What it
 * says that it `prints:` has to come out in that order.
 */
const folder = fileURLToPath(new URL('..', import.meta.url));
const examples = readdirSync(folder).filter((name) => /^[a-z-]+\.ts$/.test(name));
const built = mkdtempSync(join(folder, '.built-'));

afterAll(() => rmSync(built, { recursive: true, force: true }));

describe('the examples', () => {
  it('are fifteen at least, and each is on the list', () => {
    expect(examples.length).toBeGreaterThanOrEqual(15);
    const list = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(examples.filter((name) => !list.includes(`(${name})`))).toEqual([]);
  });

  it.each(examples)('%s does what it says', (name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    const promises = [...source.matchAll(/\/\/ prints: (.*)$/gm)].map(([, text]) => text ?? '');
    expect(promises.length, 'what it prints').toBeGreaterThan(0);

    const { status, stdout, stderr } = run(name, source);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    let from = 0;
    for (const promise of promises) {
      const at = stdout.indexOf(promise, from);
      expect(at, `${promise} in\n${stdout}`).toBeGreaterThanOrEqual(from);
      from = at + promise.length;
    }
  });
});

function run(
  name: string,
  source: string,
): { status: number | null; stdout: string; stderr: string } {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const file = join(built, name.replace(/\.ts$/, '.mjs'));
  writeFileSync(file, outputText);
  // node:sqlite warns that it is experimental on some versions
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', file], {
    encoding: 'utf8',
    timeout: 30_000,
  });
}
