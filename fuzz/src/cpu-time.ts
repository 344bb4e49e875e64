import type { Target } from './target.ts';

/** More than this for one input of at most 64 KB is a finding, unless the target says otherwise. */
const MOST_CPU_MS = 10;

/** The same of a target. */
export function mostCpuMs({ mostCpuMs: own = MOST_CPU_MS }: Target): number {
  return own;
}

const TIMES = 9;

/**
 * The CPU time in milliseconds that the target needs for the input at best: the least of nine runs,
 * so that a busy machine, a collection of garbage and a cold start do not count.
 */
export function leastCpuMs(target: Target, bytes: Uint8Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < TIMES; count++) {
    const began = process.cpuUsage();
    attempt(target, bytes);
    const { user, system } = process.cpuUsage(began);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

function attempt(target: Target, bytes: Uint8Array): void {
  try {
    target.run(bytes);
  } catch {
    // another finding than this one
  }
}
