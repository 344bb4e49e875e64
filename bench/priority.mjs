import { constants, getPriority, setPriority } from 'node:os';

/**
 * What else runs on a shared machine would be measured otherwise: only root may go before it. To be
 * called before threads and processes are started, which inherit it.
 */
export function goFirst() {
  try {
    setPriority(constants.priority.PRIORITY_HIGHEST);
  } catch {
    console.error('measured among everything else that runs here');
  }
}

/**
 * Runs a program before what else runs here, with all its threads: those of the engine that collect
 * garbage are there before its first line.
 */
export function first(run) {
  const before = getPriority();
  goFirst();
  try {
    return run();
  } finally {
    setPriority(before);
  }
}
