import type { Clock } from '@strowger/runtime';
import { closed, wrongState } from './media-errors.ts';

/** How digits are sent, and what ends it before all are. */
export interface DigitLimits {
  readonly durationMs: number;
  readonly gapMs: number;
  readonly clock: Clock;
  /** Aborted when the call's media ends. */
  readonly ending: AbortSignal;
}

/** What a browser may be late in all, in milliseconds; half as much again as digits take besides. */
const LATE_MS = 1000;

/**
 * Waits until `count` digits are sent, which a browser does not tell where it has stopped to send
 * them. Rejects with `MEDIA_CLOSED`, and `MEDIA_WRONG_STATE` when they ought to have been long ago.
 */
export async function withinLimits(
  sent: Promise<void>,
  count: number,
  { durationMs, gapMs, clock, ending }: DigitLimits,
): Promise<void> {
  let giveUp: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const end = (): void => giveUp(closed());
  const mostMs = 1.5 * count * (durationMs + gapMs) + LATE_MS;
  const timer = clock.arm(mostMs, () => giveUp(wrongState('not all digits could be sent')));
  ending.addEventListener('abort', end);
  try {
    await Promise.race([sent, failure]);
  } finally {
    timer.cancel();
    ending.removeEventListener('abort', end);
  }
}
