import type { Clock } from './clock.ts';

/**
 * What a promise gives within `ms` milliseconds of a clock; `undefined` where it takes longer, and what
 * becomes of it then is nobody's business. Rejects as the promise does, in time. No timer is left behind.
 */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  clock: Clock,
): Promise<T | undefined> {
  let giveUp = (): void => {};
  const late = new Promise<undefined>((resolve) => (giveUp = () => resolve(undefined)));
  const timer = clock.arm(ms, giveUp);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.cancel();
  }
}
