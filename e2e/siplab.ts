import { join } from 'node:path';
import { type Background, background, here, root, runToEnd } from './lab.ts';

const program: [string, ...string[]] = [process.execPath, join(root, 'apps/siplab/dist/main.js')];

/** What siplab counted, and what it said. */
export interface SiplabResult {
  readonly status: number;
  readonly calls: number;
  readonly successful: number;
  readonly failed: number;
  readonly output: string;
}

/** A scenario of `e2e/sipp`, or of siplab itself. */
export const scenarioFile = (name: string): string =>
  name.includes('/') ? join(root, name) : join(here, 'sipp', `${name}.xml`);

/** Runs a caller to its end. */
export function siplab(args: readonly string[], seconds = 60): SiplabResult {
  const { status, output } = runToEnd([...program, 'run', ...args, '--json'], { seconds });
  const json = output.split('\n').findLast((line) => line.startsWith('{')) ?? '{}';
  // the program's own JSON, whose shape its tests check
  return { ...(JSON.parse(json) as Omit<SiplabResult, 'status' | 'output'>), status, output };
}

/** Runs a callee in the background. */
export function siplabInBackground(log: string, args: readonly string[]): Background {
  return background(log, ['timeout', '-k', '2', '120', ...program, 'run', ...args, '--json']);
}

/** Runs any other command. */
export const siplabCommand = (...args: string[]): { status: number; output: string } =>
  runToEnd([...program, ...args]);
