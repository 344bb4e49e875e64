import type { Clock } from '@strowger/runtime';
import type { Session } from '@strowger/session-core';

/** What is awaited of a caller's keys. */
export interface DigitEntryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** It is complete with so many digits, or with `#`. */
  readonly longest: number;
  /** Whether `#` alone is an answer; else it is what some press behind the last digit. */
  readonly mayBeEmpty: boolean;
  /** How long it may take in all. */
  readonly timeoutMs: number;
}

/** Resolves with what a caller has typed; `undefined` where that took too long, or the call is over. */
export function takeDigits(
  session: Session,
  { clock, signal, longest, mayBeEmpty, timeoutMs }: DigitEntryOptions,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = '';
    const finish = (result: string | undefined): void => {
      unlisten();
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    };
    const giveUp = (): void => finish(undefined);
    const unlisten = session.on('digit', ({ digit }) => {
      if (digit === '#' && typed === '' && !mayBeEmpty) return;
      if (digit === '#') return finish(typed);
      typed += digit;
      if (typed.length >= longest) finish(typed);
    });
    const timer = clock.arm(timeoutMs, giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
}
