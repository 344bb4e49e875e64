import { nodeRuntime, within as withinClock } from '@strowger/runtime';

/** What a promise gives, `undefined` where it takes longer. Rejects as the promise does. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return withinClock(promise, ms, nodeRuntime().clock);
}
