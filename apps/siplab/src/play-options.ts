import { readFileSync } from 'node:fs';
import type { PlayOptions } from './command-line.ts';
import type { LoadPlan } from './load-plan.ts';
import type { PartySettings } from './settings.ts';

/** How many calls begin when, as the command line says. */
export function planOf({ calls, rate, rampTo, ramp, concurrent, duration }: PlayOptions): LoadPlan {
  return {
    rate,
    ...(calls !== undefined && { total: calls }),
    ...(rampTo !== undefined && { rampTo, rampMs: ramp ?? 0 }),
    ...(concurrent !== undefined && { concurrency: concurrent }),
    ...(duration !== undefined && { durationMs: duration }),
  };
}

/** What scenarios are played with. Throws the system's error where `--fields` cannot be read. */
export function settingsOf(options: PlayOptions): PartySettings {
  const { service, user, domain, username = user, password, pause, timeout } = options;
  return {
    service,
    user,
    timeoutMs: timeout,
    pauseMs: pause,
    mediaPort: options.mediaPort,
    keys: options.set,
    lines: options.fields === undefined ? [] : readFields(readFileSync(options.fields, 'utf8')),
    ...(domain !== undefined && { domain }),
    ...(password !== undefined && { login: { username, password } }),
  };
}

/** The lines of a CSV of SIPp: fields between semicolons; the first line says how they are used. */
export function readFields(text: string): string[][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const isDirective = /^(?:SEQUENTIAL|RANDOM|USER)\b/.test(lines[0] ?? '');
  if (isDirective && !lines[0]?.startsWith('SEQUENTIAL')) {
    throw new Error(`fields are used in sequence; ${lines[0]} is not understood`);
  }
  return lines.slice(isDirective ? 1 : 0).map((line) => line.split(';'));
}
