import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Scenario } from './scenario.ts';
import { readSippScenario } from './sipp/read-scenario.ts';
import { sippRole } from './sipp/sipp-role.ts';

/** How a scenario is loaded. */
export interface LoadOptions {
  /** Names that `--set` gives a value. */
  readonly keys?: Iterable<string>;
  /** Where the log of XML scenarios goes. */
  log?(text: string): void;
}

const BUILT_IN = ['uac', 'uas'];

/**
 * Loads a scenario: XML of SIPp, a module in TypeScript or JavaScript, or `uac`, `uas`. Rejects with
 * `ScenarioError`, with the system's error, or with what the module throws.
 */
export async function loadScenario(name: string, options: LoadOptions = {}): Promise<Scenario> {
  if (BUILT_IN.includes(name)) {
    return fromXml(fileURLToPath(new URL(`../scenarios/${name}.xml`, import.meta.url)), options);
  }
  const file = resolve(name);
  return extname(file) === '.xml' ? fromXml(file, options) : fromModule(file);
}

function fromXml(file: string, { keys = [], log = () => {} }: LoadOptions): Scenario {
  const bytes = readFileSync(file);
  const declared = bytes.subarray(0, 200).toString('latin1').split('?>')[0] ?? '';
  const document = bytes.toString(/ISO-8859-1/i.test(declared) ? 'latin1' : 'utf8');
  const scenario = readSippScenario(document, { file: basename(file), keys });
  return { name: scenario.name, [scenario.role]: sippRole(scenario, { log }) };
}

async function fromModule(file: string): Promise<Scenario> {
  const isTypeScript = /\.[cm]?ts$/.test(file);
  const loaded: unknown = isTypeScript ? await importTypeScript(file) : await importFile(file);
  const found = typeof loaded === 'object' && loaded !== null && 'default' in loaded;
  const scenario = found ? loaded.default : undefined;
  if (isScenario(scenario)) return scenario;
  throw new Error(`${basename(file)}: its default export is no scenario(…)`);
}

const importFile = (file: string): Promise<unknown> => import(pathToFileURL(file).href);

/**
 * Compiles it with what it imports by path, into a file beside it, so that its packages are found;
 * `@strowger/siplab` is this very program, wherever the file stands.
 */
async function importTypeScript(file: string): Promise<unknown> {
  const { build } = await import('esbuild');
  const ours = new URL('./index.js', import.meta.url).href;
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
    plugins: [
      {
        name: 'siplab',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^@strowger\/siplab$/ }, () => ({ path: ours, external: true })),
      },
    ],
  });
  const compiled = join(dirname(file), `.${basename(file)}.${process.pid}.mjs`);
  writeFileSync(compiled, outputFiles[0]?.text ?? '');
  try {
    return await importFile(compiled);
  } finally {
    rmSync(compiled, { force: true });
  }
}

function isScenario(value: unknown): value is Scenario {
  if (typeof value !== 'object' || value === null) return false;
  return 'name' in value && ('caller' in value || 'callee' in value);
}
