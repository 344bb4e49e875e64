import { type Clock, within } from '@strowger/runtime';

/** How long media may take to close before the record is written without its statistics. */
const MEDIA_LIMIT_MS = 5000;

/** What is not told in time, or at all, is gone without. */
export async function inTime<T>(
  clock: Clock,
  work: Promise<T> | undefined,
): Promise<T | undefined> {
  if (work === undefined) return undefined;
  return within(work, MEDIA_LIMIT_MS, clock).catch(() => undefined);
}
