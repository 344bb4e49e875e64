import { type Clock, StrowgerError } from '@strowger/runtime';
import type { Registration } from './registration.ts';
import type { RegistrationChange } from './registration-table.ts';

/** How long `registerAndWait` waits, and what ends the waiting sooner. */
export interface RegisterWaitOptions {
  /** In milliseconds, from 1 to 86,400,000. Default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What became of a `registerAndWait`. */
export type RegisterOutcome =
  | { readonly registered: true; readonly expiresSeconds: number }
  /** The registrar will never accept: a wrong password (401, 403, 407), nobody of that name (404). */
  | {
      readonly registered: false;
      readonly why: 'refused';
      readonly status: number;
      /** The registrar's words, for people; empty where it has none. */
      readonly reason: string;
    }
  /**
   * It has not accepted in time, with `status` where it said no for now (503); it is tried again and again,
   * as by `register`, until `unregister` or `close`.
   */
  | { readonly registered: false; readonly why: 'timedOut'; readonly status?: number }
  /** `signal` was aborted: it is tried on as well. */
  | { readonly registered: false; readonly why: 'aborted' }
  /** It was ended meanwhile, by `unregister` or `close`. */
  | { readonly registered: false; readonly why: 'unregistered' };

/** A day: who waits longer has `register`. */
const LONGEST_MS = 86_400_000;

/** Registers and waits for what becomes of it. Rejects with `BAD_OPTION`, `CLOSED`. */
export function registerAndWait(
  registration: Registration,
  { timeoutMs = 30_000, signal, clock }: RegisterWaitOptions & { clock: Clock },
): Promise<RegisterOutcome> {
  if (!(timeoutMs >= 1 && timeoutMs <= LONGEST_MS)) {
    const what = `timeoutMs: it is a number from 1 to ${LONGEST_MS}`;
    return Promise.reject(new StrowgerError('BAD_OPTION', what));
  }
  if (signal?.aborted === true) return Promise.resolve({ registered: false, why: 'aborted' });
  return new Promise((resolve, reject) => {
    let status: number | undefined;
    const stop = (): void => {
      timer.cancel();
      unsubscribe();
      signal?.removeEventListener('abort', abort);
    };
    const settle = (outcome: RegisterOutcome): void => {
      stop();
      resolve(outcome);
    };
    const abort = (): void => settle({ registered: false, why: 'aborted' });
    const late = (): void =>
      settle({ registered: false, why: 'timedOut', ...(status === undefined ? {} : { status }) });
    const unsubscribe = registration.events.on('change', (change) => {
      if (change.type === 'registrationFailed') status = change.status;
    });
    const timer = clock.arm(timeoutMs, late);
    signal?.addEventListener('abort', abort, { once: true });
    registration.register().then(
      ({ expiresSeconds }) => settle({ registered: true, expiresSeconds }),
      (error: unknown) => {
        const outcome = outcomeOf(error);
        if (outcome !== undefined) return settle(outcome);
        stop();
        reject(error);
      },
    );
  });
}

function outcomeOf(error: unknown): RegisterOutcome | undefined {
  if (!StrowgerError.isInstance(error)) return undefined;
  if (error.code === 'UNREGISTERED') return { registered: false, why: 'unregistered' };
  if (error.code !== 'REGISTRATION_REFUSED') return undefined;
  // what `register` rejects with has the change as its cause
  const { status = 0, reason = '' } = error.cause as Partial<
    Extract<RegistrationChange, { type: 'registrationFailed' }>
  >;
  return { registered: false, why: 'refused', status, reason };
}
