import type { Screen } from './live-view.ts';

/** Where a command speaks, and what ends it. */
export interface Surroundings {
  /** The result. */
  out(text: string): void;
  /** Everything else. */
  log(text: string): void;
  /** The same as a terminal, where it is one: then it is repainted, and has colours. */
  readonly screen: Screen | undefined;
  /** The same of the result. */
  readonly isOutTerminal: boolean;
  readonly signal: AbortSignal;
}

/** What the exit code says. */
export const EXIT = {
  /** Every call went as the scenario says. */
  ok: 0,
  /** Some did not, or there was none. */
  failed: 1,
  /** An argument, a scenario or a file that makes no sense. */
  usage: 2,
} as const;
