import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

/** The project's top folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** The folder of this directory's own files: scenarios for sipp, configurations. */
export const here = fileURLToPath(new URL('.', import.meta.url));

/** An empty folder for one test file; it stays, so that its logs can be read afterwards. */
export function workFolder(name: string): string {
  const base = join(tmpdir(), 'strowger-e2e');
  mkdirSync(base, { recursive: true });
  return mkdtempSync(join(base, `${name}-`));
}

/** Which of these programs are not installed. */
export function missing(programs: readonly string[]): string[] {
  return programs.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
}

/**
 * A suite that needs programs of others. Where one is missing the suite says so and is skipped;
 * with `CI=true` that is a failure.
 */
export function describeWithPeers(peers: readonly string[], name: string, suite: () => void): void {
  const absent = missing(peers);
  if (absent.length === 0) {
    describe(name, suite);
    return;
  }
  const reason = `${absent.join(', ')} not installed: scripts/install-peers.sh`;
  if (process.env['CI'] === 'true') {
    it(name, () => {
      throw new Error(reason);
    });
    return;
  }
  console.log(`skipped: ${name} (${reason})`);
  describe.skip(`${name} (${reason})`, suite);
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A program in the background, its output in `log`. It dies with this process at the latest. */
export function background(
  log: string,
  [command, ...args]: [string, ...string[]],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Background {
  const output = openSync(log, 'a');
  const child = spawn(command, args, {
    stdio: ['ignore', output, output],
    ...options,
    env: { ...process.env, ...options.env },
  });
  children.add(child);
  const ended = new Promise<number>((resolve) => {
    child.on('exit', (code, signal) => {
      children.delete(child);
      resolve(code ?? (signal === null ? 1 : 128));
    });
    child.on('error', () => resolve(127));
  });
  return {
    child,
    ended,
    output: () => readFileSync(log, 'utf8'),
    stop: async (signal = 'SIGTERM', graceMs = 3000) => {
      child.kill(signal);
      const late = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const code = await ended;
      clearTimeout(late);
      return code;
    },
  };
}

export interface Background {
  readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  /** What it said so far. */
  output(): string;
  /** Ends it, by force after `graceMs`; resolves with its exit code. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<number>;
}

/** Runs a program to its end, at most `seconds`. */
export function runToEnd(
  [command, ...args]: [string, ...string[]],
  { cwd, seconds = 60 }: { cwd?: string; seconds?: number } = {},
): { status: number; output: string } {
  const run = spawnSync('timeout', ['-k', '2', String(seconds), command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...(cwd === undefined ? {} : { cwd }),
  });
  return { status: run.status ?? 1, output: `${run.stdout}${run.stderr}` };
}

/** Asks until the answer is truthy, at most `ms`; throws with `what` otherwise. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 6000,
): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await Promise.resolve()
      .then(ask)
      .catch(() => undefined);
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await pause(50);
  }
}

/** Lets real time pass: only to let peers talk for a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether something listens on this port. */
export function isListening(port: number, transport: 'udp' | 'tcp' = 'udp'): boolean {
  const flags = transport === 'udp' ? '-Hlun' : '-Hltn';
  return execFileSync('ss', [flags, `sport = :${port}`], { encoding: 'utf8' }).length > 0;
}
