import { StrowgerError } from '@strowger/runtime';
import type { EndReason } from './end-reason.ts';
import type { Sdp } from './media-backend.ts';
import type { Refused } from './session-machine.ts';
import { recoveryOf, refusalError } from './recovery.ts';

/** @internal A promise and the means to settle it; a rejection nobody waits for harms nothing. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => {};
  reject: (error: StrowgerError) => void = () => {};
  /** Whether it was resolved or rejected. */
  settled = false;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = (value) => {
        this.settled = true;
        resolve(value);
      };
      this.reject = (error) => {
        this.settled = true;
        reject(error);
      };
    });
    this.promise.catch(() => {});
  }
}

/** @internal Who waits for what in a session. */
export class Waiters {
  readonly connected = new Deferred<void>();
  readonly ended = new Deferred<EndReason>();
  private preparing: Deferred<void> | undefined;
  private readonly changes = new Map<number, Deferred<void>>();
  private describing: Deferred<Sdp> | undefined;
  private changeCount = 0;
  private end: EndReason | undefined;

  /** Waits for our description of an incoming call. */
  prepared(): Promise<void> {
    this.preparing ??= new Deferred();
    return this.preparing.promise;
  }

  settlePrepared(refusal: Refused | undefined): void {
    if (this.preparing !== undefined) settle(this.preparing, refusal);
    this.preparing = undefined;
  }

  change(): { id: number; done: Promise<void> } {
    const id = ++this.changeCount;
    const waiter = new Deferred<void>();
    if (this.end !== undefined) waiter.reject(endedError(this.end));
    else this.changes.set(id, waiter);
    return { id, done: waiter.promise };
  }

  settleChange(id: number, refusal: Refused | undefined): void {
    const waiter = this.changes.get(id);
    this.changes.delete(id);
    if (waiter !== undefined) settle(waiter, refusal);
  }

  /** Waits for our answer to a description that the owner has; one at a time. */
  described(): Promise<Sdp> {
    this.describing = new Deferred();
    return this.describing.promise;
  }

  settleDescribed(outcome: Sdp | Refused): void {
    const waiter = this.describing;
    this.describing = undefined;
    if (typeof outcome === 'string') waiter?.resolve(outcome);
    else waiter?.reject(new StrowgerError(outcome.code, outcome.message));
  }

  /** Nothing of this will happen any more. */
  fail(reason: EndReason): void {
    this.end = reason;
    const { connected, preparing, describing, changes } = this;
    const waiting = [connected, preparing, describing, ...changes.values()].filter(
      (waiter) => waiter !== undefined && !waiter.settled,
    );
    this.changes.clear();
    if (waiting.length === 0) return; // an error is dear, and most calls end well
    const error = endedError(reason);
    for (const waiter of waiting) waiter?.reject(error);
  }
}

function settle(waiter: Deferred<void>, refusal: Refused | undefined): void {
  if (refusal === undefined) waiter.resolve();
  else waiter.reject(refusalError(refusal));
}

function endedError(reason: EndReason): StrowgerError {
  const { kind, status } = reason;
  return new StrowgerError('SESSION_ENDED', `the session has ended: ${kind} (${status})`, {
    cause: reason,
    recovery: recoveryOf(reason),
  });
}
