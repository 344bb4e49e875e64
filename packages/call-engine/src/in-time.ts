import type { Clock } from '@strowger/runtime';

/** How long media may take to close before the record is written without its statistics. */
const MEDIA_LIMIT_MS = 5000;

/** What is not told in time, or at all, is gone without. */
export async function inTime<T>(
  clock: Clock,
  work: Promise<T> | undefined,
): Promise<T | undefined> {
  if (work === undefined) return undefined;
  let giveUp = (): void => {};
  const late = new Promise<undefined>((resolve) => (giveUp = () => resolve(undefined)));
  const timer = clock.arm(MEDIA_LIMIT_MS, giveUp);
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined;
  } finally {
    timer.cancel();
  }
}
