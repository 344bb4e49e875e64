import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root, typescriptFiles, type Workspace, workspaces } from './workspace.ts';

/**
 * Reading this table is reading the architecture: which package may import which, and what it may
 * touch of the machine. `io` names the Node modules that a package without IO must not have.
 */
const RULES: Record<string, { imports: string[]; io: IoRule }> = {
  runtime: {
    imports: [],
    io: { only: ['src/node-runtime.ts', 'src/system-clock.ts', 'src/web-runtime.ts'] },
  },
  'datagram-batch': { imports: ['runtime'], io: 'sockets' },
  'sip-message': { imports: [], io: 'none' },
  'sip-transport': { imports: ['sip-message', 'runtime'], io: 'sockets' },
  'transaction-core': { imports: ['sip-message', 'runtime'], io: 'none' },
  'dialog-core': { imports: ['transaction-core', 'sip-message', 'runtime'], io: 'none' },
  'media-core': { imports: ['runtime'], io: 'sockets' },
  'media-browser': { imports: ['session-core', 'media-core', 'runtime'], io: 'none' },
  'media-rtpengine': { imports: ['session-core', 'runtime'], io: 'none' },
  'session-core': {
    imports: ['dialog-core', 'transaction-core', 'sip-message', 'runtime'],
    io: 'none',
  },
  'call-engine': {
    imports: ['session-core', 'dialog-core', 'transaction-core', 'sip-message', 'runtime'],
    io: 'none',
  },
  'sip-client': {
    imports: [
      'session-core',
      'dialog-core',
      'transaction-core',
      'sip-message',
      'sip-transport',
      'media-core',
      'media-browser',
      'runtime',
    ],
    io: 'wiring',
  },
  'voice-agent': { imports: ['sip-client', 'session-core', 'runtime'], io: 'none' },
  'store-sqlite': { imports: ['call-engine', 'runtime'], io: 'sockets' },
  testkit: {
    imports: [
      'runtime',
      'sip-message',
      'sip-transport',
      'transaction-core',
      'dialog-core',
      'media-core',
      'session-core',
      'call-engine',
      'sip-client',
    ],
    io: 'settling',
  },
};

type IoRule =
  /** No clock, timer, randomness or socket anywhere. */
  | 'none'
  /** Nothing of its own; it wires packages that have. */
  | 'wiring'
  /** Sockets, files and workers; the clock still comes from the runtime. */
  | 'sockets'
  /** `setImmediate` alone, to let promises settle between two instants of virtual time. */
  | 'settling'
  /** Only these files. */
  | { only: string[] };

/** Globals that tell the time, wait, or draw lots. */
const CLOCKS =
  /\b(?:Date\.now|new Date\(\)|performance\.now|setTimeout|setInterval|Math\.random|process\.hrtime)\b/;

/** Modules that reach out of the process. */
const SOCKET_MODULES = [
  'dgram',
  'net',
  'tls',
  'http',
  'https',
  'http2',
  'dns',
  'dns/promises',
  'fs',
  'fs/promises',
  'child_process',
  'worker_threads',
  'timers',
  'timers/promises',
  'perf_hooks',
];

/** Words that belong to policy, not to mechanism (a queue of data, a user agent are no policy). */
const POLICY_WORDS =
  /\b(?:callQueues?|ringGroups?|huntGroups?|agents|Agent|retryPolicy|voicemail)\b/;

const packages = workspaces('packages');

describe('the architecture', () => {
  it('has a rule for every package and a package for every rule', () => {
    expect(packages.map(({ folder }) => folder).toSorted()).toEqual(Object.keys(RULES).toSorted());
  });

  it.each(packages.map((one): [string, Workspace] => [one.folder, one]))(
    '%s imports only what the table allows',
    (folder, workspace) => {
      const allowed = (RULES[folder]?.imports ?? []).map((name) => `@strowger/${name}`);
      const declared = Object.keys(workspace.manifest.dependencies ?? {});
      expect(declared.filter((name) => name.startsWith('@strowger/'))).toSatisfy(
        (names: string[]) => names.every((name) => allowed.includes(name)),
      );
      for (const file of sources(workspace)) {
        for (const specifier of importsOf(file)) {
          if (specifier.startsWith('.')) {
            expect(leavesPackage(workspace, file, specifier), where(file, specifier)).toBe(false);
            continue;
          }
          if (isBuiltin(specifier)) continue;
          const name = packageName(specifier);
          if (isTest(file)) continue;
          if (name.startsWith('@strowger/')) {
            expect(allowed, where(file, specifier)).toContain(name);
          }
          const known = [
            ...declared,
            ...Object.keys(workspace.manifest.peerDependencies ?? {}),
            ...Object.keys(workspace.manifest.optionalDependencies ?? {}),
          ];
          expect(known, where(file, specifier)).toContain(name);
        }
      }
    },
  );

  it.each(packages.map((one): [string, Workspace] => [one.folder, one]))(
    '%s touches of the machine only what it may',
    (folder, workspace) => {
      const rule = RULES[folder]?.io ?? 'none';
      for (const file of sources(workspace).filter((name) => !isTest(name))) {
        const path = relative(workspace.path, file);
        if (typeof rule === 'object' && rule.only.includes(path)) continue;
        const clocks = CLOCKS.exec(codeOf(file))?.[0];
        expect(clocks, `${folder}/${path} asks for the time behind the runtime's back`).toBe(
          undefined,
        );
        if (rule === 'sockets') continue;
        const modules = importsOf(file).map((name) => name.replace(/^node:/, ''));
        expect(
          modules.filter((name) => SOCKET_MODULES.includes(name)),
          `${folder}/${path} opens something`,
        ).toEqual([]);
      }
    },
  );

  it('keeps the word SIP out of runtime', () => {
    for (const file of typescriptFiles(join(root, 'packages/runtime/src'))) {
      expect(readFileSync(file, 'utf8'), file).not.toMatch(/\bSIP\b/);
    }
  });

  it('keeps the words of policy out of the mechanism', () => {
    for (const folder of ['sip-message', 'transaction-core', 'dialog-core', 'session-core']) {
      const workspace = packages.find((one) => one.folder === folder);
      for (const file of sources(workspace).filter((name) => !isTest(name))) {
        expect(POLICY_WORDS.exec(codeOf(file))?.[0], file).toBe(undefined);
      }
    }
  });

  it('has no file that is named after nothing', () => {
    const vague = /^(?:helpers?|utils?|common|misc|types)\.ts$/;
    for (const workspace of [...packages, ...workspaces('apps')]) {
      for (const file of sources(workspace)) {
        expect(file.split('/').at(-1) ?? '', file).not.toMatch(vague);
      }
    }
  });

  it('lets nothing depend on testkit but tests', () => {
    for (const { folder, manifest } of packages) {
      expect(Object.keys(manifest.dependencies ?? {}), folder).not.toContain('@strowger/testkit');
    }
  });
});

function sources(workspace: Workspace | undefined): string[] {
  if (workspace === undefined) return [];
  return ['src', 'test']
    .map((folder) => join(workspace.path, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => typescriptFiles(folder));
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.includes('/test/');
}

function importsOf(file: string): string[] {
  const info = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return info.importedFiles.map(({ fileName }) => fileName);
}

/** The text without comments and strings, in which words are code. */
function codeOf(file: string): string {
  const text = readFileSync(file, 'utf8');
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text);
  let code = '';
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    const isText =
      kind === ts.SyntaxKind.StringLiteral || kind === ts.SyntaxKind.NoSubstitutionTemplateLiteral;
    const token = isText ? "''" : scanner.getTokenText();
    const glue = /\w$/.test(code) && /^\w/.test(token) ? ' ' : '';
    code += glue + token;
  }
  return code;
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function leavesPackage(workspace: Workspace, file: string, specifier: string): boolean {
  return relative(workspace.path, join(file, '..', specifier)).startsWith('..');
}

function where(file: string, specifier: string): string {
  return `${relative(root, file)} imports ${specifier}`;
}
