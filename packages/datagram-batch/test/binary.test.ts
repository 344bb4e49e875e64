import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { canBatchDatagrams } from '../src/index.ts';
import { loadNative } from '../src/native.ts';

const folder = new URL('../native/', import.meta.url);
const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(new URL(name, folder)))
    .digest('hex');

it('is the one that was checked in', () => {
  const recorded = readFileSync(new URL('linux-x64.sha256', folder), 'latin1');
  expect(recorded).toBe(`${hashOf('linux-x64.node')}  linux-x64.node\n`);
});

it('was made of the source beside it', () => {
  const binaries = readdirSync(folder).filter((name) => name.endsWith('.node'));
  const source = hashOf('datagrams.c');
  for (const name of binaries) {
    expect(readFileSync(new URL(name, folder), 'latin1')).toContain(source);
  }
  expect(loadNative().source).toBe(source);
});

it('says whether it can be had here', () => {
  expect(canBatchDatagrams()).toBe(true);
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'plan9' });
  try {
    expect(canBatchDatagrams()).toBe(false);
    expect(loadNative).toThrow(expect.objectContaining({ code: 'DATAGRAMS_UNSUPPORTED' }));
  } finally {
    Object.defineProperty(process, 'platform', { value: platform });
  }
});

const compiler = spawnSync('cc', ['--version'], { encoding: 'utf8' });
const headers = join(dirname(process.execPath), '..', 'include', 'node', 'node_api.h');
const canCompile = compiler.status === 0 && existsSync(headers);

if (canCompile || process.env['CI'] === 'true') {
  it('is what its source gives, byte by byte where the same compiler makes it', () => {
    const made = mkdtempSync(join(tmpdir(), 'strowger-native-'));
    onTestFinished(() => rmSync(made, { recursive: true }));
    const build = fileURLToPath(new URL('build.mjs', folder));
    const { status, stderr } = spawnSync(process.execPath, [build, made], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const name = `${process.platform}-${process.arch}.node`;
    const loaded = createRequire(import.meta.url)(join(made, name)) as { source: string };
    expect(loaded.source).toBe(hashOf('datagrams.c'));
    const [, version = 'none'] = /^\S+ (\(.*\) \S+)/.exec(compiler.stdout) ?? [];
    const old = readFileSync(new URL(name, folder));
    if (!old.includes(`GCC: ${version}`)) return;
    expect(readFileSync(join(made, name)).equals(old)).toBe(true);
  });
} else {
  console.log("skipped: compiling datagrams.c (needs a C compiler and Node's headers)");
}
