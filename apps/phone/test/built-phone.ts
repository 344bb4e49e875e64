import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';

/** Within the app, so that its dependencies are found. */
const cache = fileURLToPath(new URL('../node_modules/.test/', import.meta.url));

/** Builds the phone from its sources, those of our packages included; gives the program's file. */
export async function buildPhone(): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, 'phone-'));
  await build({
    entry: [fileURLToPath(new URL('../src/main.ts', import.meta.url))],
    outDir,
    format: ['esm'],
    platform: 'node',
    target: 'node20.19',
    noExternal: [/^@strowger\//],
    splitting: false,
    config: false,
    silent: true,
    // what of CommonJS gets into the bundle asks for Node's own modules in its own way
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    esbuildOptions: (options) => {
      options.conditions = ['@strowger/source'];
      options.outExtension = { '.js': '.mjs' };
    },
  });
  const program = join(outDir, 'main.mjs');
  if (!existsSync(program)) throw new Error(`${program} was not built`);
  return program;
}

/** A phone that runs. */
export class PhoneProcess {
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private output = '';
  private wake = (): void => {};
  private readonly exited: Promise<number | null>;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const hear = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.wake();
    };
    this.child.stdout.on('data', hear);
    this.child.stderr.on('data', hear);
    this.exited = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
  }

  /** What it has said. */
  get text(): string {
    return this.output;
  }

  /** What it has said with `--json`. */
  get events(): { type: string; [key: string]: unknown }[] {
    const lines = this.output.split('\n').filter((line) => line.startsWith('{'));
    // one event of the report a line
    return lines.map((line) => JSON.parse(line) as { type: string });
  }

  /** Waits until it says something like this; rejects when it ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let code: number | null | undefined;
    void this.exited.then((ended) => {
      code = ended;
      return this.wake();
    });
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (code !== undefined)
        throw new Error(`ended with ${code}, without ${pattern}: ${this.output}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Waits for its end; its exit code. */
  async ends(): Promise<number | null> {
    return this.exited;
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }
}
