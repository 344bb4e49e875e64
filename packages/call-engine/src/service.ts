import type { Session } from '@strowger/session-core';

/** The caller as a service meets it. */
export interface ServiceCall {
  /** The caller's session, not answered yet. */
  readonly session: Session;
  /** The address of record of a caller that has proven to be a user of ours. */
  readonly user: string | undefined;
  /** The user part that was dialled. */
  readonly dialled: string;
  /** Aborted when the call is over, for whatever reason. */
  readonly signal: AbortSignal;
}

/**
 * What a caller can dial that is no user: it answers, or rejects, and does what it does. When it
 * returns, the call ends; when it throws, the call ends as failed.
 */
export type Service = (call: ServiceCall) => Promise<void>;

/** @internal Runs it; also where it throws before it has returned a promise. */
export async function serve(
  { service, name }: { readonly service: Service; readonly name: string },
  call: Omit<ServiceCall, 'dialled'>,
): Promise<void> {
  await service({ ...call, dialled: name });
}

/** Answers and sends back what it hears until the caller hangs up. */
export function echo(): Service {
  return async ({ session, signal }) => {
    await session.answer();
    session.media?.echo(true);
    await aborted(signal);
  };
}

/**
 * Answers and plays a tone until the caller hangs up.
 *
 * @param frequencyHz up to half the codec's sampling rate.
 */
export function tone(frequencyHz: number, options: { levelDbm0?: number } = {}): Service {
  return async ({ session, signal }) => {
    await session.answer();
    session.media?.play({ type: 'tone', frequencyHz, ...options });
    await aborted(signal);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
