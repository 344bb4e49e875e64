import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { readCommandLine as phone } from '../apps/phone/src/command-line.ts';
import { readCommandLine as siplab } from '../apps/siplab/src/command-line.ts';
import { root, workspaces } from './workspace.ts';

interface Block {
  readonly file: string;
  readonly language: string;
  readonly code: string;
}

/** What people read: not what is generated. */
function documentation(): string[] {
  const readmes = (['packages', 'apps'] as const).flatMap((kind) =>
    workspaces(kind).map(({ folder }) => `${kind}/${folder}/README.md`),
  );
  const guides = readdirSync(join(root, 'docs/guide')).map((name) => `docs/guide/${name}`);
  const decisions = readdirSync(join(root, 'docs/decisions')).map(
    (name) => `docs/decisions/${name}`,
  );
  const own = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs/index.md'];
  return [...own, 'examples/README.md', ...readmes, ...guides, ...decisions].filter((file) =>
    existsSync(join(root, file)),
  );
}

const blocks: Block[] = documentation().flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```/gm)].map(([, language = '', code = '']) => ({
    file,
    language,
    code,
  }));
});

/** Who runs the blocks of a language; by file where it is one test that does. */
const RUN_BY: readonly { language: string; files: RegExp; test: string }[] = [
  { language: 'ts', files: /^(README|packages\/.*)/, test: 'tooling/published-packages.test.ts' },
  { language: 'ts', files: /^apps\/siplab\//, test: 'apps/siplab/test/readme.test.ts' },
  { language: 'ts', files: /^ARCHITECTURE\.md/, test: 'tooling/documentation-blocks.test.ts' },
  {
    language: 'js',
    files: /^packages\/media-core\//,
    test: 'packages/media-core/test/readme.test.ts',
  },
  { language: 'js', files: /^packages\/testkit\//, test: 'packages/testkit/test/readme.test.ts' },
  {
    language: 'js',
    files: /^apps\/voice-gateway\//,
    test: 'apps/voice-gateway/test/function.test.ts',
  },
  { language: 'sh', files: /./, test: 'tooling/documentation-blocks.test.ts' },
  { language: 'yaml', files: /./, test: 'tooling/readme-configurations.test.ts' },
];

describe('a code block of the documentation', () => {
  it('is run by a test, whatever its language', () => {
    const strays = blocks.filter(
      ({ file, language }) =>
        language !== '' && !RUN_BY.some((one) => one.language === language && one.files.test(file)),
    );
    expect(strays.map(({ file, language }) => `${file}: ${language}`)).toEqual([]);
    expect(RUN_BY.filter(({ test }) => !existsSync(join(root, test)))).toEqual([]);
  });

  it('without a language is no program', () => {
    const programs = blocks.filter(
      ({ language, code }) => language === '' && /^(import|export|const|let) /m.test(code),
    );
    expect(programs.map(({ file }) => file)).toEqual([]);
  });

  const configured = readFileSync(join(root, 'tooling/readme-configurations.test.ts'), 'utf8');
  it.each([
    ...new Set(blocks.filter(({ language }) => language === 'yaml').map(({ file }) => file)),
  ])('of %s is a configuration that is checked', (file) =>
    expect(configured).toContain(`'${file}'`),
  );
});

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Takes a command as its program does; throws where that would refuse it. */
const PROGRAMS: Readonly<Record<string, (args: string[], folder: string) => unknown>> = {
  npm: ([verb = '', name = '']) => {
    const script = verb === 'run' ? name : verb;
    if (!Object.hasOwn(scripts, script)) throw new Error(`no script ${script}`);
  },
  phone: (args) => phone(args, {}),
  siplab: (args, folder) => {
    const request = siplab(args, {});
    const scenario = request.command === 'run' ? request.scenario : 'uac';
    if (!['uac', 'uas'].includes(scenario) && !existsSync(join(root, folder, scenario))) {
      throw new Error(`no scenario ${scenario}`);
    }
  },
  'voice-gateway': ([flag, value]) => expect([flag, typeof value]).toEqual(['--config', 'string']),
  // the only one that is not ours: where it leads is checked by apps/voice-gateway/test/http.test.ts
  curl: (args) => expect(args.at(-1)).toBe('http://127.0.0.1:8080/calls'),
};

const commands = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ file, code }) =>
    code
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => line.replace(/\s+#\s.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, string] => [file, line]),
  );

describe('a command of the documentation', () => {
  it.each(commands)('%s: %s', (file, line) => {
    const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, bare]) => double ?? single ?? bare ?? '',
    );
    const [program = '', ...args] = words;
    const take = PROGRAMS[program];
    if (take === undefined) throw new Error(`nobody knows ${program}`);
    take(args, dirname(file));
  });
});

describe('the port of media in ARCHITECTURE.md', () => {
  const [block] = blocks.filter(
    ({ file, language }) => file === 'ARCHITECTURE.md' && language === 'ts',
  );
  const real = methodsIn(
    readFileSync(join(root, 'packages/session-core/src/media-backend.ts'), 'utf8'),
  );

  it.each([...methodsIn(block?.code ?? '')])('%s is that of session-core', (name, parameters) => {
    expect(real.get(name)).toEqual(parameters);
  });
});

/** `Interface.method`, and the types of its parameters. */
function methodsIn(text: string): Map<string, string[]> {
  const source = ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true);
  const methods = source.statements
    .filter(ts.isInterfaceDeclaration)
    .flatMap((one) =>
      one.members
        .filter(ts.isMethodSignature)
        .map((method): [string, string[]] => [
          `${one.name.text}.${method.name.getText()}`,
          method.parameters.map((parameter) => parameter.type?.getText() ?? ''),
        ]),
    );
  return new Map(methods);
}
