import { printable } from '@strowger/runtime';
import { EXIT } from '../exit-code.ts';

/** What is looked at. */
export type CheckName =
  | 'provider'
  | 'ports'
  | 'dns'
  | 'tls'
  | 'server'
  | 'nat'
  | 'registration'
  | 'clock'
  | 'call'
  | 'codecs';

/** What was found, and how to mend it. */
export interface Finding {
  readonly check: CheckName;
  readonly verdict: 'good' | 'doubtful' | 'bad' | 'skipped';
  readonly found: string;
  readonly remedy?: string;
}

/** Says that all is well with something. */
export const good = (check: CheckName, found: string): Finding => ({
  check,
  verdict: 'good',
  found,
});

/** Says that something does not work. */
export const bad = (check: CheckName, found: string, remedy: string): Finding => ({
  check,
  verdict: 'bad',
  found,
  remedy,
});

/** Says that something works, and may cause trouble. */
export const doubtful = (check: CheckName, found: string, remedy: string): Finding => ({
  check,
  verdict: 'doubtful',
  found,
  remedy,
});

/** Says why something was not looked at. */
export const skipped = (check: CheckName, found: string): Finding => ({
  check,
  verdict: 'skipped',
  found,
});

const MARKS = { good: 'ok', doubtful: '?', bad: 'BAD', skipped: '-' } as const;
const COLOURS = { good: 32, doubtful: 33, bad: 31, skipped: 90 } as const;

/** A finding for people: a line, and one behind it for the remedy. */
export function describeFinding(
  { check, verdict, found, remedy }: Finding,
  colours: boolean,
): string {
  const mark = MARKS[verdict].padEnd(4);
  const shown = colours ? `\u001b[${COLOURS[verdict]}m${mark}\u001b[0m` : mark;
  const line = `${shown} ${check.padEnd(13)} ${printable(found)}\n`;
  return remedy === undefined ? line : `${line}${' '.repeat(19)}-> ${printable(remedy)}\n`;
}

const CODES: Readonly<Record<CheckName, number>> = {
  provider: EXIT.usage,
  ports: EXIT.network,
  dns: EXIT.network,
  tls: EXIT.network,
  server: EXIT.network,
  nat: EXIT.network,
  clock: EXIT.failed,
  registration: EXIT.notAuthorised,
  call: EXIT.refused,
  codecs: EXIT.media,
};

/** The exit code: that of the first thing that is bad, 0 where nothing is. */
export function exitCodeOfFindings(findings: readonly Finding[]): number {
  const first = findings.find(({ verdict }) => verdict === 'bad');
  return first === undefined ? EXIT.ok : CODES[first.check];
}
