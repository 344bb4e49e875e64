import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root, type Workspace, workspaces } from './workspace.ts';

/**
 * Every package as a stranger gets it: packed, installed alone into an empty project, and used there
 * by the examples of its README, which are type-checked and run.
 */
const packages = workspaces('packages');
const folder = mkdtempSync(join(tmpdir(), 'strowger-published-'));
const tarballs = new Map<string, string>();

beforeAll(() => {
  for (const { path, manifest } of packages) {
    if (!existsSync(join(path, 'dist'))) throw new Error(`${manifest.name} is not built: npm test`);
    const output = execFileSync('pnpm', ['pack', '--json', '--pack-destination', folder], {
      cwd: path,
      encoding: 'utf8',
    });
    // pnpm's own output, of which only this field is used
    tarballs.set(manifest.name, (JSON.parse(output) as { filename: string }).filename);
  }
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a published package', () => {
  it.each(packages.map((one): [string, Workspace] => [one.manifest.name, one]))(
    '%s works alone in an empty project',
    (name, workspace) => {
      const examples = codeBlocks(join(workspace.path, 'README.md'));
      expect(examples.length, 'examples in its README').toBeGreaterThan(0);
      const used = importedPackages(examples);
      const project = install(workspace.folder, [name, ...used]);
      expect(runAll(project, examples)).toEqual([]);
      const required = spawnSync(process.execPath, ['-e', `require(${JSON.stringify(name)})`], {
        cwd: project,
        encoding: 'utf8',
      });
      expect(required.stderr, 'loads from CommonJS').not.toMatch(/Error/);
    },
    120_000,
  );
});

describe('the README', () => {
  it('shows examples that run', () => {
    const examples = codeBlocks(join(root, 'README.md'));
    expect(examples.length).toBeGreaterThan(0);
    const project = install('readme', importedPackages(examples));
    expect(runAll(project, examples)).toEqual([]);
  }, 120_000);
});

/** The blocks marked `ts` of a Markdown file. */
function codeBlocks(file: string): string[] {
  const blocks = readFileSync(file, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm);
  return [...blocks].map(([, code]) => code ?? '');
}

function importedPackages(examples: string[]): string[] {
  const names = examples
    .flatMap((code) => ts.preProcessFile(code, true, true).importedFiles)
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('@strowger/'))
    .map((name) => name.split('/').slice(0, 2).join('/'));
  return [...new Set(names)];
}

/** An empty project with these packages, and what they need of ours, from their tarballs. */
function install(name: string, wanted: string[]): string {
  const project = join(folder, name);
  mkdirSync(project);
  const needed = new Set<string>();
  const need = (one: string): void => {
    if (needed.has(one)) return;
    needed.add(one);
    const manifest = packages.find((candidate) => candidate.manifest.name === one)?.manifest;
    for (const dependency of Object.keys(manifest?.dependencies ?? {})) {
      if (dependency.startsWith('@strowger/')) need(dependency);
    }
  };
  for (const one of wanted) need(one);
  const file = (one: string): string => `file:${tarballs.get(one) ?? ''}`;
  const manifest = {
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...needed].map((one) => [one, file(one)])),
    overrides: Object.fromEntries([...needed].map((one) => [one, file(one)])),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--silent'], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return project;
}

/** Type-checks and runs the examples; what went wrong, in words. */
function runAll(project: string, examples: string[]): string[] {
  const files = examples.map((code, index) => {
    const file = join(project, `example-${index + 1}.ts`);
    writeFileSync(file, code);
    return file;
  });
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: false,
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
    outDir: project,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  };
  const isForPages = (file: string): boolean => FOR_PAGES.test(readFileSync(file, 'utf8'));
  const dom = ['lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'];
  const problems = [
    ...compile(
      files.filter((file) => !isForPages(file)),
      options,
    ),
    ...compile(files.filter(isForPages), { ...options, lib: [...(options.lib ?? []), ...dom] }),
  ];
  for (const file of files) {
    const run = spawnSync(process.execPath, [file.replace(/\.ts$/, '.js')], {
      cwd: project,
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (run.status !== 0) problems.push(`${file} ended with ${run.status}:\n${run.stderr}`);
  }
  return problems;
}

/** What is told about the types of a browser, too. */
const FOR_PAGES = /from '@strowger\/(?:media-browser|sip-client\/browser)'/;

function compile(files: string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram(files, options);
  program.emit();
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText, file }) => `${file?.fileName}: ${flatten(messageText)}`);
}

function flatten(text: string | ts.DiagnosticMessageChain): string {
  return ts.flattenDiagnosticMessageText(text, '\n');
}
