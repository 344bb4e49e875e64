import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Background, background, here, runToEnd } from './lab.ts';

/** What sipp counted. */
export interface SippResult {
  readonly status: number;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** Its errors, as text. */
  readonly errors: string;
}

const always = ['-nostdin', '-trace_err', '-trace_stat', '-fd', '1'];

/** Runs a scenario of `e2e/sipp` to its end. Its own `-timeout` is soft, so the outer one ends it. */
export function sipp(
  folder: string,
  scenario: string,
  args: readonly string[],
  seconds = 60,
): SippResult {
  const name = `${scenario}-${args.join('').replaceAll(/\W/g, '').slice(-24)}-${process.hrtime()[1]}`;
  const files = ['-stf', `${name}.csv`, '-error_file', `${name}.err`];
  const command: [string, ...string[]] = [
    'sipp',
    '-sf',
    join(here, 'sipp', `${scenario}.xml`),
    ...always,
    ...files,
    ...args,
  ];
  const { status, output } = runToEnd(command, { cwd: folder, seconds });
  const last = (column: string): number => lastOf(join(folder, `${name}.csv`), column);
  return {
    status,
    successful: last('SuccessfulCall(C)'),
    failed: last('FailedCall(C)'),
    retransmissions: last('Retransmissions(C)'),
    errors: read(join(folder, `${name}.err`)) || output.slice(-400),
  };
}

/** Runs a scenario in the background: a callee. */
export function sippInBackground(
  folder: string,
  scenario: string,
  args: readonly string[],
  seconds = 120,
): Background {
  return background(
    join(folder, `${scenario}.log`),
    [
      'timeout',
      '-k',
      '2',
      String(seconds),
      'sipp',
      '-sf',
      join(here, 'sipp', `${scenario}.xml`),
      '-nostdin',
      ...args,
    ],
    { cwd: folder },
  );
}

/** The value of a column in the last line of sipp's statistics. */
function lastOf(file: string, column: string): number {
  const lines = read(file).trim().split('\n');
  const index = (lines[0] ?? '').split(';').indexOf(column);
  return Number((lines.at(-1) ?? '').split(';')[index] ?? Number.NaN);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
