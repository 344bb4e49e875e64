import type { Call } from './call.ts';

/** Calls that wait for somebody who asked for them. */
export class IncomingCalls {
  private readonly waiting: Call[] = [];
  private readonly limit: number;
  private readers = 0;
  private wake = (): void => {};

  /** @param limit calls that may ring unheard at once. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether somebody will take a call; else the caller is to be refused. */
  offer(call: Call): boolean {
    if (this.readers === 0 || this.waiting.length >= this.limit) return false;
    this.waiting.push(call);
    void call.ended.then(() => this.forget(call)); // the caller gave up while it waited
    this.wake();
    return true;
  }

  /** The calls as they come, until `signal` aborts; what then still waits is refused. */
  async *read(signal?: AbortSignal): AsyncGenerator<Call, void, void> {
    this.readers++;
    const stop = (): void => this.wake();
    signal?.addEventListener('abort', stop);
    try {
      while (signal?.aborted !== true) {
        const call = this.waiting.shift();
        if (call !== undefined) yield call;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.readers--;
      if (this.readers === 0) for (const call of this.waiting.splice(0)) call.reject(480);
    }
  }

  private forget(call: Call): void {
    const index = this.waiting.indexOf(call);
    if (index >= 0) this.waiting.splice(index, 1);
  }
}
